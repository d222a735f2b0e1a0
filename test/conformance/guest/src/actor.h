/* Actors, which execute what they are told and keep no model. */
#ifndef MEMTRACK_ACTOR_H
#define MEMTRACK_ACTOR_H

#include "stage.h"

#include <sys/socket.h>
#include <sys/un.h>

struct me {
	char name[32];
	int cmd, box;
	bool is_thread;
};

/* Of the sockets' names: the director's pid. */
extern char g_run[32];
/* Path of this program, for exec. */
extern char g_self[512];

socklen_t sock_name(struct sockaddr_un *a, const char *what, const char *who);
int sock_bind(const char *what, const char *who);
void say(struct me *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The descriptor and what it opens, or errno if it is negative. */
void say_fd(struct me *m, int fd);
void say_rc(struct me *m, long rc);
void open_ears(struct me *m);
void *thread_main(void *me);
void touch(char *p, uint64_t n);
void actor_loop(struct me *m);

/* Each says whether it knows the command c, whose words are w[0..n). */
bool act_memory(struct me *m, const char *c, char **w, int n);
bool act_descriptors(struct me *m, const char *c, char **w, int n);
bool act_tasks(struct me *m, const char *c, char **w, int n);
bool act_drm(struct me *m, const char *c, char **w, int n);

#define I(k) ((int)strtol(w[k], NULL, 0))
#define U(k) strtoull(w[k], NULL, 0)

#endif
