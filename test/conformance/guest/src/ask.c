/* The director tells actors what to do and hears how it went. */
#include "actor.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <time.h>

enum { REPLY_TIMEOUT_MS = 30000 };

char g_reply[1024];
const char *g_fails;
jmp_buf g_refused;
int g_dir_sock;

/* --------------------------------------------------------------- director */
void tell(const char *who, const char *text)
{
	struct sockaddr_un a;
	socklen_t l = sock_name(&a, "cmd", who);
	if (sendto(g_dir_sock, text, strlen(text), 0, (void *)&a, l) < 0)
		die("line %d: actor %s does not listen: %s", g_line, who, strerror(errno));
}

/* A reply that is an error ends the scenario, or the operation if that must fail so. */
int hear(void)
{
	struct pollfd pf = { g_dir_sock, POLLIN, 0 };
	if (poll(&pf, 1, REPLY_TIMEOUT_MS) <= 0)
		die("line %d: no reply from the actor in %d ms", g_line, REPLY_TIMEOUT_MS);
	char cb[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec io = { g_reply, sizeof g_reply - 1 };
	struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = cb, .msg_controllen = sizeof cb };
	ssize_t r = recvmsg(g_dir_sock, &h, 0);
	if (r < 0)
		die("recv: %s", strerror(errno));
	g_reply[r] = 0;
	struct ucred from = { 0 };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
	if (cm && cm->cmsg_type == SCM_CREDENTIALS)
		memcpy(&from, CMSG_DATA(cm), sizeof from);
	if (!strncmp(g_reply, "ok", 2))
		return from.pid;
	if (g_fails && !strncmp(g_reply, "err ", 4) && !strcmp(g_reply + 4, g_fails))
		longjmp(g_refused, 1);
	die("line %d: actor failed: %s", g_line, g_reply);
}

int global_tid(int pid, int own)
{
	char p[320], b[4096];
	snprintf(p, sizeof p, "/proc/%d/task", pid);
	DIR *d = opendir(p);
	struct dirent *e;
	int found = own;
	while (d && (e = readdir(d))) {
		snprintf(p, sizeof p, "/proc/%d/task/%s/status", pid, e->d_name);
		FILE *f = fopen(p, "r");
		size_t n = f ? fread(b, 1, sizeof b - 1, f) : 0;
		if (f)
			fclose(f);
		b[n] = 0;
		char *l = strstr(b, "\nNSpid:"), *end = l ? strchr(l + 1, '\n') : NULL, *last = NULL;
		if (!end)
			continue;
		*end = 0;
		last = strrchr(l, '\t');
		if (last && atoi(last) == own)
			found = atoi(e->d_name);
	}
	if (d)
		closedir(d);
	return found;
}

int ask(int a, const char *fmt, ...)
{
	char b[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(b, sizeof b, fmt, ap);
	va_end(ap);
	if (actors[a].st != ALIVE)
		die("line %d: actor %s is %s", g_line, actors[a].label, actors[a].st == ZOMBIE ? "a zombie" : "gone");
	tell(actors[a].label, b);
	return hear();
}

uint64_t got(const char *key)
{
	char k[40];
	snprintf(k, sizeof k, " %s=", key);
	char *p = strstr(g_reply, k);
	if (!p)
		die("line %d: reply lacks %s: %s", g_line, key, g_reply);
	return strtoull(p + strlen(k), NULL, 0);
}

void take_id(int o)
{
	objects[o].ino = got("ino");
	char *p = strstr(g_reply, " dev=");
	sscanf(p, " dev=%u:%u", &objects[o].dmaj, &objects[o].dmin);
}

/* Wait until a killed or exiting task is a zombie (or gone). */
void await_dead(int pid, int tid)
{
	char p[64], b[512];
	snprintf(p, sizeof p, "/proc/%d/task/%d/stat", pid, tid);
	for (int i = 0; i < 3000; i++) {
		FILE *f = fopen(p, "r");
		if (!f)
			return;
		size_t n = fread(b, 1, sizeof b - 1, f);
		fclose(f);
		b[n] = 0;
		char *q = strrchr(b, ')');
		if (!q || q[2] == 'Z' || q[2] == 'X')
			return;
		usleep(2000);
	}
	die("line %d: pid %d does not die", g_line, pid);
}
