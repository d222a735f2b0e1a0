/*
 * An actor: a task that waits for the director's word, makes one system call, and answers. It uses no C library state that
 * tasks sharing an address space would share (no errno, no locks): every call is the bare instruction.
 */
#define _GNU_SOURCE
#include "perform.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "raw.h"

/* Stacks of tasks that share an address space; each has the number of its slot. */
static char stacks[kSlots][kStack] __attribute__((aligned(16)));

long futex_wait(uint32_t *word, uint32_t value, long milliseconds)
{
	struct timespec limit = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
	return raw6(__NR_futex, (long)word, FUTEX_WAIT, value, (long)&limit, 0, 0);
}

void futex_wake(uint32_t *word)
{
	raw6(__NR_futex, (long)word, FUTEX_WAKE, INT_MAX, 0, 0, 0);
}

/* Decimal digits; returns the end. */
static char *digits(char *at, long value)
{
	char turned[24];
	int count = 0;
	do
		turned[count++] = '0' + value % 10;
	while ((value /= 10) > 0);
	while (count > 0)
		*at++ = turned[--count];
	*at = 0;
	return at;
}

static char *copy(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	*at = 0;
	return at;
}

static long do_memfd(const int64_t *a)
{
	char name[24];
	digits(copy(name, "b"), a[0]);
	long fd = raw3(__NR_memfd_create, (long)name, a[1], 0);
	if (fd >= 0 && a[2] > 0)
		raw3(__NR_ftruncate, fd, a[2], 0);
	return fd;
}

/* Of the calling thread's own table, which /proc/self need not be. */
static long do_reopen(const int64_t *a)
{
	char path[64];
	if (a[0] < 0)
		return raw6(__NR_openat, AT_FDCWD, (long)"/proc/thread-self/fd/x", a[1], 0, 0, 0);
	digits(copy(path, "/proc/thread-self/fd/"), a[0]);
	return raw6(__NR_openat, AT_FDCWD, (long)path, a[1], 0, 0, 0);
}

static long do_clone(const int64_t *a)
{
	char *top = stacks[a[0]] + kStack - 64;
	return raw_clone(a[1] | a[2], top, act, a[0]);
}

static long do_exec(long slot)
{
	char number[24], id[24];
	char *arguments[] = { (char *)"perform", (char *)"act", number, id, NULL };
	char *environment[] = { NULL };
	digits(number, slot);
	digits(id, stage_id);
	return raw3(__NR_execve, (long)"/proc/thread-self/exe", (long)arguments, (long)environment);
}

static long do_socketpair(const int64_t *a, struct slot *mine)
{
	int ends[2];
	long result = raw6(__NR_socketpair, AF_UNIX, SOCK_STREAM | a[0], 0, (long)ends, 0, 0);
	if (result < 0)
		return result;
	for (int end = 0; end < 2; end++) {
		struct stat status;
		raw3(__NR_fstat, ends[end], (long)&status, 0);
		mine->extra[end] = ends[end];
		mine->extra[2 + end] = (int64_t)status.st_ino;
	}
	mine->found = 2;
	return 0;
}

static long do_send(const int64_t *a, int count)
{
	char byte = 'x';
	struct iovec data = { &byte, 1 };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int) * kArguments)];
	} control;
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
	int fds = count - 1;
	if (fds > 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * fds);
		int *list = (int *)CMSG_DATA(&control.header);
		for (int at = 0; at < fds; at++)
			list[at] = (int)a[1 + at];
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
	}
	return raw3(__NR_sendmsg, a[0], (long)&message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static long do_receive(const int64_t *a, struct slot *mine)
{
	char byte;
	struct iovec data = { &byte, 1 };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int) * kArguments)];
	} control;
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_controllen = a[1] };
	message.msg_control = a[1] > 0 ? &control : NULL;
	long result = raw3(__NR_recvmsg, a[0], (long)&message, MSG_DONTWAIT | a[2]);
	if (result < 0)
		return result;
	mine->flags = (message.msg_flags & MSG_CTRUNC) != 0;
	if (message.msg_controllen >= sizeof control.header && a[1] > 0) {
		mine->found = (int)((control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
		const int *list = (const int *)CMSG_DATA(&control.header);
		for (int at = 0; at < mine->found; at++)
			mine->extra[at] = list[at];
	}
	return result;
}

static long do_limit(const int64_t *a)
{
	struct rlimit64 limit;
	raw6(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0);
	limit.rlim_cur = (uint64_t)a[0];
	return raw6(__NR_prlimit64, 0, RLIMIT_NOFILE, (long)&limit, 0, 0, 0);
}

static long do_getfd(const int64_t *a)
{
	long pidfd = raw3(__NR_pidfd_open, a[0], 0, 0);
	if (pidfd < 0)
		return pidfd;
	/* Not the pidfd itself, which is no subject here. */
	long fd = raw3(__NR_pidfd_getfd, pidfd, a[1] == pidfd ? -1 : a[1], 0);
	raw3(__NR_close, pidfd, 0, 0);
	return fd;
}

static long do_wait(const int64_t *a, struct slot *mine)
{
	int status = 0;
	long pid = raw6(__NR_wait4, a[0], (long)&status, WNOHANG | a[1], 0, 0, 0);
	mine->flags = status;
	return pid;
}

static long do_name(const int64_t *a)
{
	char name[40];
	digits(copy(name, "a-long-enough-"), a[0]);
	return raw6(__NR_prctl, PR_SET_NAME, (long)name, 0, 0, 0, 0);
}

/* A socket's number is shown by its label, so the director needs its inode. */
static long with_inode(long fd, struct slot *mine)
{
	struct stat status;
	if (fd < 0)
		return fd;
	raw3(__NR_fstat, fd, (long)&status, 0);
	mine->extra[0] = (int64_t)status.st_ino;
	return fd;
}

/* A name of the abstract namespace that only this director's actors use; returns its length. */
static long abstract_name(struct sockaddr_un *name, long number)
{
	memset(name, 0, sizeof *name);
	name->sun_family = AF_UNIX;
	char *at = digits(copy(name->sun_path + 1, "memtrack-"), stage->director);
	at = digits(copy(at, "-"), stage->program);
	at = digits(copy(at, "-"), number);
	return at - (char *)name;
}

static long do_named(long call, const int64_t *a)
{
	struct sockaddr_un name;
	long length = abstract_name(&name, a[1]);
	return raw3(call, a[0], (long)&name, length);
}

static long do_connect(const int64_t *a)
{
	/* Not waiting where the backlog is full. */
	long flags = raw3(__NR_fcntl, a[0], F_GETFL, 0);
	if (flags >= 0)
		raw3(__NR_fcntl, a[0], F_SETFL, flags | O_NONBLOCK);
	long result = do_named(__NR_connect, a);
	if (flags >= 0)
		raw3(__NR_fcntl, a[0], F_SETFL, flags);
	return result;
}

static long do_accept(const int64_t *a, struct slot *mine)
{
	long flags = raw3(__NR_fcntl, a[0], F_GETFL, 0);
	if (flags >= 0)
		raw3(__NR_fcntl, a[0], F_SETFL, flags | O_NONBLOCK);
	long fd = raw6(__NR_accept4, a[0], 0, 0, a[2], 0, 0);
	if (flags >= 0)
		raw3(__NR_fcntl, a[0], F_SETFL, flags);
	return with_inode(fd, mine);
}

static long do_shmctl(const int64_t *a, struct slot *mine)
{
	struct shmid_ds status;
	long result = raw3(__NR_shmctl, a[0], a[1], (long)&status);
	if (result < 0 || a[1] != IPC_STAT)
		return result;
	mine->found = 5;
	mine->extra[0] = status.shm_perm.mode;
	mine->extra[1] = (int64_t)status.shm_nattch;
	mine->extra[2] = status.shm_cpid;
	mine->extra[3] = status.shm_lpid;
	mine->extra[4] = status.shm_perm.__key == 0 ? 0 : status.shm_perm.__key - stage->key_base;
	return result;
}

static long do_ring(const int64_t *a)
{
	struct io_uring_params parameters;
	memset(&parameters, 0, sizeof parameters);
	return raw3(__NR_io_uring_setup, a[0], (long)&parameters, 0);
}

/* RING KIND NUMBER FD...: files, a sparse table of NUMBER slots, an update from slot NUMBER on, or none any more. */
static long do_ring_files(const int64_t *a, int count)
{
	int fds[kArguments];
	int listed = count - 3;
	for (int at = 0; at < listed; at++)
		fds[at] = (int)a[3 + at];
	if (a[1] == 0)
		return raw6(__NR_io_uring_register, a[0], IORING_REGISTER_FILES, (long)fds, listed, 0, 0);
	if (a[1] == 1) {
		struct io_uring_rsrc_register table;
		memset(&table, 0, sizeof table);
		table.nr = (uint32_t)a[2];
		table.flags = IORING_RSRC_REGISTER_SPARSE;
		return raw6(__NR_io_uring_register, a[0], IORING_REGISTER_FILES2, (long)&table, sizeof table, 0, 0);
	}
	if (a[1] == 2) {
		struct io_uring_files_update update;
		memset(&update, 0, sizeof update);
		update.offset = (uint32_t)a[2];
		update.fds = (uint64_t)(uintptr_t)fds;
		return raw6(__NR_io_uring_register, a[0], IORING_REGISTER_FILES_UPDATE, (long)&update, listed, 0, 0);
	}
	return raw6(__NR_io_uring_register, a[0], IORING_UNREGISTER_FILES, 0, 0, 0, 0);
}

static long do_epoll_ctl(const int64_t *a)
{
	struct epoll_event event;
	memset(&event, 0, sizeof event);
	return raw6(__NR_epoll_ctl, a[0], a[1], a[2], (long)&event, 0, 0);
}

static long make_call(long slot, struct slot *mine)
{
	const int64_t *a = mine->arguments;
	switch ((enum op)mine->op) {
	case OP_MEMFD: return do_memfd(a);
	case OP_DUP: return raw3(__NR_dup, a[0], 0, 0);
	case OP_DUP2: return raw3(__NR_dup2, a[0], a[1], 0);
	case OP_DUP3: return raw3(__NR_dup3, a[0], a[1], a[2]);
	case OP_DUPFD: return raw3(__NR_fcntl, a[0], a[2] ? F_DUPFD_CLOEXEC : F_DUPFD, a[1]);
	case OP_CLOSE: return raw3(__NR_close, a[0], 0, 0);
	case OP_SETFD: return raw3(__NR_fcntl, a[0], F_SETFD, a[1]);
	case OP_CLOSE_RANGE: return raw3(__NR_close_range, a[0], a[1], a[2]);
	case OP_REOPEN: return do_reopen(a);
	case OP_CLONE: return do_clone(a);
	case OP_UNSHARE: return raw3(__NR_unshare, CLONE_FILES, 0, 0);
	case OP_EXEC: return do_exec(slot);
	case OP_EXIT: return raw3(__NR_exit, a[0], 0, 0);
	case OP_EXIT_GROUP: return raw3(__NR_exit_group, a[0], 0, 0);
	case OP_WAIT: return do_wait(a, mine);
	case OP_SOCKETPAIR: return do_socketpair(a, mine);
	case OP_SEND: return do_send(a, mine->count);
	case OP_RECEIVE: return do_receive(a, mine);
	case OP_MMAP: return raw6(__NR_mmap, a[0], a[1], a[2], a[3], a[4], a[5]);
	case OP_MUNMAP: return raw3(__NR_munmap, a[0], a[1], 0);
	case OP_MPROTECT: return raw3(__NR_mprotect, a[0], a[1], a[2]);
	case OP_MREMAP: return raw6(__NR_mremap, a[0], a[1], a[2], a[3], a[4], 0);
	case OP_MADVISE: return raw3(__NR_madvise, a[0], a[1], a[2]);
	case OP_TRUNCATE: return raw3(__NR_ftruncate, a[0], a[1], 0);
	case OP_SEAL: return raw3(__NR_fcntl, a[0], 1024 + 9 /* F_ADD_SEALS */, a[1]);
	case OP_LIMIT: return do_limit(a);
	case OP_GETFD: return do_getfd(a);
	case OP_NAME: return do_name(a);
	case OP_SUBREAPER: return raw6(__NR_prctl, PR_SET_CHILD_SUBREAPER, a[0], 0, 0, 0, 0);
	case OP_SOCKET: return with_inode(raw3(__NR_socket, AF_UNIX, SOCK_STREAM | a[1], 0), mine);
	case OP_BIND: return do_named(__NR_bind, a);
	case OP_LISTEN: return raw3(__NR_listen, a[0], a[1], 0);
	case OP_CONNECT: return do_connect(a);
	case OP_ACCEPT: return do_accept(a, mine);
	case OP_SHMGET: return raw3(__NR_shmget, a[0] == 0 ? 0 : stage->key_base + a[0], a[1], a[2]);
	case OP_SHMAT: return raw3(__NR_shmat, a[0], a[1], a[2]);
	case OP_SHMDT: return raw3(__NR_shmdt, a[0], 0, 0);
	case OP_SHMCTL: return do_shmctl(a, mine);
	case OP_RING: return do_ring(a);
	case OP_RING_FILES: return do_ring_files(a, mine->count);
	case OP_EPOLL: return raw3(__NR_epoll_create1, a[0], 0, 0);
	case OP_EPOLL_CTL: return do_epoll_ctl(a);
	case OP_KILL: break;
	}
	return 0;
}

void act(long slot)
{
	struct slot *mine = &stage->slots[slot];
	__atomic_store_n(&mine->started, (int32_t)raw3(__NR_gettid, 0, 0, 0), __ATOMIC_RELEASE);
	for (;;) {
		uint32_t asked;
		while ((asked = __atomic_load_n(&mine->asked, __ATOMIC_ACQUIRE)) == mine->answered) {
			/* An orphan of a director that was killed (ESRCH; EPERM is for a user of its own) ends itself. */
			if (futex_wait(&mine->asked, asked, 20000) == -110 && raw3(__NR_kill, stage->director, 0, 0) == -3)
				raw3(__NR_exit_group, 1, 0, 0);
		}
		mine->found = 0;
		mine->flags = 0;
		mine->result = make_call(slot, mine);
		__atomic_store_n(&mine->answered, asked, __ATOMIC_RELEASE);
		futex_wake(&mine->answered);
	}
}
