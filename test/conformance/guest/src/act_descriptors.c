/* What an actor does to descriptors, and to what holds memory in other ways. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <linux/io_uring.h>

/* The descriptor table, SysV shm, io_uring. */
bool act_descriptors(struct me *m, const char *c, char **w, int n)
{
	(void)n;
	if (!strcmp(c, "dup")) { /* FD MIN CLOEXEC */
		say_fd(m, fcntl(I(1), I(3) ? F_DUPFD_CLOEXEC : F_DUPFD, I(2)));
	} else if (!strcmp(c, "dup2")) {
		say_fd(m, dup2(I(1), I(2)));
	} else if (!strcmp(c, "cloexec")) { /* FD ON */
		say_rc(m, fcntl(I(1), F_SETFD, I(2) ? FD_CLOEXEC : 0));
	} else if (!strcmp(c, "close")) {
		say_rc(m, close(I(1)));
	} else if (!strcmp(c, "closerange")) {
		say_rc(m, syscall(SYS_close_range, (unsigned)U(1), (unsigned)U(2), (unsigned)U(3)));
	} else if (!strcmp(c, "unshare")) {
		say_rc(m, unshare(CLONE_FILES));
	} else if (!strcmp(c, "truncate")) { /* FD SIZE */
		say_rc(m, ftruncate(I(1), (off_t)U(2)));
	} else if (!strcmp(c, "pidfdget")) { /* PID FD */
		int p = (int)syscall(SYS_pidfd_open, I(1), 0);
		int fd = p < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, p, I(2), 0);
		int e = errno;
		if (p >= 0)
			close(p);
		errno = e;
		say_fd(m, fd);
	} else if (!strcmp(c, "shmget")) { /* KEY SIZE */
		int id = shmget((key_t)U(1), U(2), IPC_CREAT | IPC_EXCL | 0600);
		if (id < 0)
			say_rc(m, -1);
		else
			say(m, "ok id=%d", id);
	} else if (!strcmp(c, "shmat")) { /* ID TOUCH */
		char *p = shmat(I(1), NULL, 0);
		if (p == (void *)-1) {
			say_rc(m, -1);
			return true;
		}
		if (U(2))
			touch(p, U(2));
		say(m, "ok addr=0x%llx", (unsigned long long)(uintptr_t)p);
	} else if (!strcmp(c, "shmdt")) {
		say_rc(m, shmdt((void *)(uintptr_t)U(1)));
	} else if (!strcmp(c, "shmrm")) {
		say_rc(m, shmctl(I(1), IPC_RMID, NULL));
	} else if (!strcmp(c, "ring")) {
		struct io_uring_params p = { 0 };
		say_fd(m, (int)syscall(SYS_io_uring_setup, 4, &p));
	} else if (!strcmp(c, "ringreg")) { /* RING FD */
		int fds[1] = { I(2) };
		say_rc(m, syscall(SYS_io_uring_register, I(1), IORING_REGISTER_FILES, fds, 1));
	} else {
		return false;
	}
	return true;
}
