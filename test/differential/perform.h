/* What the director (perform.c), the actors (act.c) and the observer (observe.c) share. */
#ifndef MEMTRACK_PERFORM_H
#define MEMTRACK_PERFORM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { kSlots = 32, kArguments = 300, kStack = 32768, kSegments = 128 };

/* One letter a system call; test/differential/encode.ts writes them. */
enum op {
	OP_MEMFD = 'm',
	OP_DUP = 'd',
	OP_DUP2 = '2',
	OP_DUP3 = '3',
	OP_DUPFD = 'D',
	OP_CLOSE = 'c',
	OP_SETFD = 'F',
	OP_CLOSE_RANGE = 'r',
	OP_REOPEN = 'o',
	OP_CLONE = 'k',
	OP_UNSHARE = 'u',
	OP_EXEC = 'x',
	OP_EXIT = 'e',
	OP_EXIT_GROUP = 'g',
	OP_KILL = '!',
	OP_WAIT = 'w',
	OP_SOCKETPAIR = 's',
	OP_SEND = '>',
	OP_RECEIVE = '<',
	OP_MMAP = 'M',
	OP_MUNMAP = 'U',
	OP_MPROTECT = 'P',
	OP_MREMAP = 'R',
	OP_MADVISE = 'A',
	OP_TRUNCATE = 't',
	OP_SEAL = 'S',
	OP_LIMIT = 'l',
	OP_GETFD = 'G',
	OP_NAME = 'n',
	OP_SUBREAPER = 'b',
	OP_SOCKET = 'i',
	OP_BIND = 'B',
	OP_LISTEN = 'L',
	OP_CONNECT = 'C',
	OP_ACCEPT = 'a',
	OP_SHMGET = 'h',
	OP_SHMAT = 'H',
	OP_SHMDT = 'J',
	OP_SHMCTL = 'K',
	OP_RING = 'I',
	OP_RING_FILES = 'Q',
	OP_EPOLL = 'E',
	OP_EPOLL_CTL = 'T',
};

/* The mailbox of one actor. The director fills it in and raises `asked`; the actor answers and raises `answered`. */
struct slot {
	uint32_t asked;
	uint32_t answered;
	int op;
	int count;
	int64_t arguments[kArguments];
	/* Of the call: negative errno, or what it returned. */
	int64_t result;
	/* Descriptors received, or the two ends of a socket pair and their inodes. */
	int found;
	int64_t extra[kArguments];
	int flags;
	/* tid of the actor, from its first instruction on. */
	int32_t started;
};

/* In System V shared memory, because attaching that takes no descriptor: actors have none but those under test. */
struct stage {
	pid_t director;
	/* What keys of segments begin with, so that several directors do not meet. */
	int32_t key_base;
	/* Counts programs: what one leaves behind until the kernel collects it is not in the next one's way. */
	int32_t program;
	struct slot slots[kSlots];
};

extern struct stage *stage;

/* Attaches segment `id` at an address far from where the tests map; exits if it cannot. */
struct stage *attach_stage(int id);

/* Obeys the director as actor number `slot`; `id` is the stage's segment, handed over by exec. Never returns. */
void act(long slot) __attribute__((noreturn));
extern int stage_id;

long futex_wait(uint32_t *word, uint32_t value, long milliseconds);
void futex_wake(uint32_t *word);

/* Writes what /proc shows of a task into `text`, at most `room` bytes; returns its length, or -1 if the task is gone. */
ssize_t observe(pid_t tgid, pid_t tid, char *text, size_t room);
/* `Z`, `R`, … of a task's stat; 0 if it is gone. */
char task_state(pid_t tgid, pid_t tid);
/* Its name, if it is not gone. */
void task_comm(pid_t tgid, pid_t tid, char *comm, size_t room);
/* Names the two ends of a socket pair, which /proc knows by inode only. */
void name_socket(uint64_t inode, int label, int end);
void forget_sockets(void);

#endif
