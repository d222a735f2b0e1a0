/* Processes, threads and what they send each other. */
#include "actor.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

static long sys_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, 0, 0, 0, 0);
}

/* Sending, cloning, exec and exit. */
bool act_tasks(struct me *m, const char *c, char **w, int n)
{
	(void)n;
	if (!strcmp(c, "send")) { /* TO FD|box... */
		struct sockaddr_un a;
		socklen_t l = sock_name(&a, "box", w[1]);
		char payload[] = "take these", cb[CMSG_SPACE(sizeof(int) * (MAXSENT + 1))];
		int k = n - 2;
		struct iovec io = { payload, sizeof payload };
		struct msghdr h = { .msg_name = &a, .msg_namelen = l, .msg_iov = &io, .msg_iovlen = 1,
				    .msg_control = cb, .msg_controllen = CMSG_SPACE(sizeof(int) * k) };
		struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * k);
		for (int i = 0; i < k; i++)
			((int *)CMSG_DATA(cm))[i] = !strcmp(w[2 + i], "box") ? m->box : I(2 + i);
		say_rc(m, sendmsg(m->box, &h, 0));
	} else if (!strcmp(c, "recv")) { /* CLOEXEC */
		char payload[64], cb[CMSG_SPACE(sizeof(int) * MAXSENT)];
		struct iovec io = { payload, sizeof payload };
		struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = cb, .msg_controllen = sizeof cb };
		if (recvmsg(m->box, &h, MSG_DONTWAIT | (I(1) ? MSG_CMSG_CLOEXEC : 0)) < 0) {
			say_rc(m, -1);
			return true;
		}
		char b[256];
		int o = 0;
		for (struct cmsghdr *cm = CMSG_FIRSTHDR(&h); cm; cm = CMSG_NXTHDR(&h, cm))
			if (cm->cmsg_type == SCM_RIGHTS)
				for (size_t i = 0; i < (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
					o += snprintf(b + o, sizeof b - o, "%s%d", o ? "," : "", ((int *)CMSG_DATA(cm))[i]);
		b[o] = 0;
		say(m, "ok fds=%s", b);
	} else if (!strcmp(c, "fork")) { /* NAME CLONEFLAGS */
		unsigned long fl = U(2);
		long pid = sys_clone(SIGCHLD | fl);
		if (pid == 0) {
			if (!(fl & CLONE_FILES)) {
				close(m->cmd);
				close(m->box);
			}
			struct me k = { 0 };
			snprintf(k.name, sizeof k.name, "%s", w[1]);
			open_ears(&k);
			say(&k, "ok pid=%ld", (long)getpid());
			actor_loop(&k);
			_exit(0);
		}
		if (pid < 0)
			say_rc(m, -1);
		else
			say(m, "ok child=%ld", pid);
	} else if (!strcmp(c, "thread")) { /* NAME UNSHARE */
		struct me *k = calloc(1, sizeof *k);
		snprintf(k->name, sizeof k->name, "%s", w[1]);
		k->is_thread = true;
		k->cmd = m->cmd;
		k->box = I(2) ? -2 : -1;
		pthread_t t;
		if (I(2) && m->box != m->cmd + 1) {
			errno = EINVAL;
			say_rc(m, -1);
			return true;
		}
		errno = pthread_create(&t, NULL, thread_main, k);
		if (errno)
			say_rc(m, -1); /* else the thread says ok itself */
	} else if (!strcmp(c, "exec")) {
		char *argv[] = { "stage-actor", "--actor", g_run, m->name, NULL };
		close(m->cmd); /* a table shared with others would keep the names taken */
		close(m->box);
		execv(g_self, argv);
		die("exec %s: %s", g_self, strerror(errno));
	} else if (!strcmp(c, "exit")) {
		_exit(I(1));
	} else if (!strcmp(c, "leave")) { /* this thread only; sockets stay in the table */
		syscall(SYS_exit, 0);
	} else if (!strcmp(c, "wait")) {
		say_rc(m, waitpid(I(1), NULL, 0));
	} else {
		return false;
	}
	return true;
}
