/* Actors: processes and threads that execute what the director says. */
#include "actor.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

char g_run[32];
char g_self[512];

/* Names of sockets are abstract: "\0stage.<director pid>.<what>.<actor>". */
socklen_t sock_name(struct sockaddr_un *a, const char *what, const char *who)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	int n = snprintf(a->sun_path + 1, sizeof a->sun_path - 1, "stage.%s.%s.%s", g_run, what, who);
	return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

int sock_bind(const char *what, const char *who)
{
	struct sockaddr_un a;
	socklen_t l = sock_name(&a, what, who);
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0 || bind(s, (void *)&a, l) < 0)
		die("bind %s.%s: %s", what, who, strerror(errno));
	return s;
}

void say(struct me *m, const char *fmt, ...)
{
	char b[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(b, sizeof b, fmt, ap);
	va_end(ap);
	struct sockaddr_un a;
	socklen_t l = sock_name(&a, "dir", "ector");
	if (sendto(m->cmd, b, n, 0, (void *)&a, l) < 0 && errno == ECONNREFUSED)
		_exit(3); /* director is gone */
}

void say_fd(struct me *m, int fd)
{
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		say(m, "err %s", strerrorname_np(errno));
		return;
	}
	say(m, "ok fd=%d ino=%llu dev=%u:%u fsize=%llu", fd, (unsigned long long)st.st_ino,
	    major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_size);
}

void say_rc(struct me *m, long rc)
{
	if (rc < 0)
		say(m, "err %s", strerrorname_np(errno));
	else
		say(m, "ok rc=%ld", rc);
}

void open_ears(struct me *m)
{
	m->cmd = sock_bind("cmd", m->name);
	m->box = sock_bind("box", m->name);
	char comm[16];
	snprintf(comm, sizeof comm, "%.15s", m->name);
	prctl(PR_SET_NAME, comm);
}

void *thread_main(void *p)
{
	struct me *m = p;
	if (m->box == -2) { /* asked for its own file table */
		int oc = m->cmd;
		if (unshare(CLONE_FILES) < 0)
			die("unshare: %s", strerror(errno));
		close(oc);
		close(oc + 1); /* the leader's box: bound right after its cmd */
	}
	open_ears(m);
	say(m, "ok tid=%ld", syscall(SYS_gettid));
	actor_loop(m);
	return NULL;
}

void touch(char *p, uint64_t n)
{
	for (uint64_t i = 0; i < n; i += 4096)
		p[i] = (char)(i >> 12) + 1;
}

void actor_loop(struct me *m)
{
	char line[1024], *w[NMAX];
	for (;;) {
		ssize_t r = recv(m->cmd, line, sizeof line - 1, 0);
		if (r < 0) {
			if (errno == EINTR)
				continue;
			_exit(4);
		}
		line[r] = 0;
		int n = split(line, w, NMAX);
		if (n < 1)
			continue;
		const char *c = w[0];
		if (!act_memory(m, c, w, n) && !act_descriptors(m, c, w, n) && !act_tasks(m, c, w, n) &&
		    !act_drm(m, c, w, n)) {
			errno = ENOSYS;
			say_rc(m, -1);
		}
	}
}
