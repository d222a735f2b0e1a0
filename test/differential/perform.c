/*
 * perform: makes the system calls of a program in real processes and shows what the kernel says.
 *
 * Standard input, a line each:
 *     program ROOTS OTHER     ROOTS processes start, with no descriptor and nothing mapped; if OTHER is 1 by a user of their
 *                             own, whose descriptors in flight nobody else's add to
 *     SLOT OP NUMBER...       actor SLOT makes one system call (perform.h names the letters)
 *     ~N SLOT OP NUMBER...    the same, then N times the kernel is made to collect sockets in flight, and waited for
 *     end                     every process ends
 * Standard output, for `program` and for each step: `r RESULT ...`, then for each actor whose state differs from what was
 * last shown `= SLOT STATE`, its descriptors and its mappings, then `.`. An actor that cannot act answers `r skip`.
 *
 * The director, this process, is told of every death and orphan (PR_SET_CHILD_SUBREAPER) and reaps what it is parent of.
 */
#define _GNU_SOURCE
#include "cast.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Below where the tests map, above anything that a static program has. */
#define STAGE_ADDRESS ((void *)0x100000000000)
/* Where the kernel places mappings from, downwards, with 8 MB of stack and no randomisation; and how much is cleared. */
#define MMAP_BASE 0x7ffff7fff000
#define CLEARED 0x1000000

struct stage *stage;
int stage_id;

/* Of a user that no one else is, and no program was just before. */
static int a_user(void)
{
	return 0x10000000 + (stage->program & 0x3fff) * 0x8000 + (getpid() & 0x7fff);
}

struct stage *attach_stage(int id)
{
	struct stage *at = shmat(id, STAGE_ADDRESS, 0);
	if (at == (void *)-1)
		exit(3);
	return at;
}

/* ------------------------------------------------------------------- steps */

static void do_clone(int by, const int64_t *a)
{
	int child = (int)a[0];
	struct slot *born = &stage->slots[child];
	if (child < 0 || child >= kSlots || actors[child].known)
		die("slot %d cannot be used", child);
	post(by, OP_CLONE, 3, a);
	if ((a[1] & CLONE_VFORK) != 0)
		for (int round = 0; !answered(by) && __atomic_load_n(&born->started, __ATOMIC_ACQUIRE) == 0; round++)
			pause_a_little(round);
	else
		await_answer(by);
	int64_t result = answered(by) ? stage->slots[by].result : born->started;
	if (result < 0) {
		printf("r %ld\n", (long)result);
		return;
	}
	enter(child, (pid_t)result, (a[1] & CLONE_THREAD) != 0 ? actors[by].tgid : (pid_t)result);
	if (!answered(by))
		actors[by].waits_for = child;
	printf("r %d\n", child);
}

static void do_exec(int by)
{
	struct actor *actor = &actors[by];
	post(by, OP_EXEC, 0, NULL);
	int64_t result = await_answer(by);
	printf("r %ld\n", (long)result);
	if (result < 0)
		return;
	for (int at = 0; at < kSlots; at++) {
		if (at == by || !actors[at].known || actors[at].tgid != actor->tgid)
			continue;
		bool was_alive = actors[at].alive;
		/* Its tid, if it was the leader's, is the caller's from now on. */
		if (actors[at].tid == actor->tgid)
			actors[at].known = false;
		actors[at].alive = false;
		if (was_alive)
			release_parent(at);
	}
	actor->tid = actor->tgid;
	release_parent(by);
}

static void do_wait(int by, const int64_t *a)
{
	int64_t arguments[2] = { -1, a[1] };
	if (a[0] >= 0)
		arguments[0] = actors[a[0]].known ? actors[a[0]].tgid : 0x7ffffff0;
	post(by, OP_WAIT, 2, arguments);
	int64_t result = await_answer(by);
	int status = stage->slots[by].flags;
	if (result <= 0)
		printf("r %ld\n", (long)result);
	else if (WIFSIGNALED(status))
		printf("r %d killed %d\n", slot_of_process((pid_t)result), WTERMSIG(status));
	else
		printf("r %d exited %d\n", slot_of_process((pid_t)result), WEXITSTATUS(status));
}

static void do_socketpair(int by, const int64_t *a)
{
	post(by, OP_SOCKETPAIR, 2, (int64_t[]){ a[1], 0 });
	int64_t result = await_answer(by);
	const int64_t *found = stage->slots[by].extra;
	if (result < 0) {
		printf("r %ld\n", (long)result);
		return;
	}
	name_socket((uint64_t)found[2], (int)a[0], 0);
	name_socket((uint64_t)found[3], (int)a[0], 1);
	printf("r %ld %ld\n", (long)found[0], (long)found[1]);
}

/* What makes one socket: the last argument but the flags is its label. */
static void do_socket(int by, int op, int count, const int64_t *a)
{
	post(by, op, count, a);
	int64_t result = await_answer(by);
	if (result >= 0)
		name_socket((uint64_t)stage->slots[by].extra[0], (int)a[op == OP_ACCEPT ? 1 : 0], 0);
	printf("r %ld\n", (long)result);
}

/* Segments by the order in which the actors were given their ids. */
static int segments[kSegments];
static int segment_count;

static int segment_of(int64_t label)
{
	return label >= 0 && label < segment_count ? segments[label] : 0x7fffffff;
}

static void do_shmget(int by, const int64_t *a)
{
	post(by, OP_SHMGET, 3, a);
	int64_t id = await_answer(by);
	int at = 0;
	while (id >= 0 && at < segment_count && segments[at] != id)
		at++;
	if (id >= 0 && at == segment_count && segment_count < kSegments)
		segments[segment_count++] = (int)id;
	printf("r %ld\n", id < 0 ? (long)id : (long)at);
}

static void do_shmctl(int by, const int64_t *a)
{
	post(by, OP_SHMCTL, 2, (int64_t[]){ segment_of(a[0]), a[1] });
	int64_t result = await_answer(by);
	const struct slot *slot = &stage->slots[by];
	const int64_t *said = slot->extra;
	printf("r %ld", (long)result);
	if (result >= 0 && slot->found > 0)
		printf(" %lo attached %ld made %d last %d key %ld", (long)said[0], (long)said[1], slot_of_process((pid_t)said[2]),
		       slot_of_process((pid_t)said[3]), (long)said[4]);
	printf("\n");
}

static void remove_segments(void)
{
	while (segment_count > 0)
		shmctl(segments[--segment_count], IPC_RMID, NULL);
}

static void do_plain(int by, int op, int count, const int64_t *a)
{
	post(by, op, count, a);
	int64_t result = await_answer(by);
	const struct slot *slot = &stage->slots[by];
	printf("r %ld", (long)result);
	if (op == OP_RECEIVE && result >= 0) {
		printf(slot->flags ? " truncated" : " whole");
		for (int at = 0; at < slot->found; at++)
			printf(" %ld", (long)slot->extra[at]);
	}
	printf("\n");
}

static void step(int by, int op, int count, int64_t *a)
{
	struct actor *actor = &actors[by];
	if (!actor->known || !actor->alive || (actor->waits_for >= 0 && op != OP_KILL)) {
		printf("r skip\n");
		return;
	}
	switch (op) {
	case OP_CLONE:
		do_clone(by, a);
		break;
	case OP_EXEC:
		do_exec(by);
		break;
	case OP_EXIT:
		post(by, op, count, a);
		await_death(by);
		release_parent(by);
		printf("r 0\n");
		break;
	case OP_EXIT_GROUP:
		post(by, op, count, a);
		await_group_death(actor->tgid);
		printf("r 0\n");
		break;
	case OP_KILL:
		kill(actor->tgid, (int)a[0]);
		await_group_death(actor->tgid);
		printf("r 0\n");
		break;
	case OP_WAIT:
		do_wait(by, a);
		break;
	case OP_SOCKETPAIR:
		do_socketpair(by, a);
		break;
	case OP_SOCKET:
	case OP_ACCEPT:
		do_socket(by, op, count, a);
		break;
	case OP_SHMGET:
		do_shmget(by, a);
		break;
	case OP_SHMCTL:
		do_shmctl(by, a);
		break;
	case OP_SHMAT:
		a[0] = segment_of(a[0]);
		do_plain(by, op, count, a);
		break;
	case OP_GETFD:
		a[0] = a[0] >= 0 && a[0] < kSlots && actors[a[0]].known ? actors[a[0]].tgid : 0x7ffffff0;
		do_plain(by, op, count, a);
		break;
	default:
		do_plain(by, op, count, a);
	}
	reap();
}

/*
 * Any socket closed makes the kernel look for cycles, unless it does so already; it drops them in work queues, one of which
 * runs a tick later. There is nothing to see how far it is.
 */
static void collect_sockets(int times)
{
	for (; times > 0; times--) {
		int ends[2];
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
			close(ends[0]);
			close(ends[1]);
		}
		struct timespec time = { 0, 6000000 };
		nanosleep(&time, NULL);
	}
}

/* ----------------------------------------------------------------- showing */

static void show(void)
{
	static char text[kText];
	for (int at = 0; at < kSlots; at++) {
		struct actor *actor = &actors[at];
		if (!actor->known)
			continue;
		char state = task_state(actor->tgid, actor->tid);
		const char *word = state == 0 || state == 'X' ? "dead" : state == 'Z' ? "zombie" : "alive";
		char comm[32] = "";
		if (state != 0)
			task_comm(actor->tgid, actor->tid, comm, sizeof comm);
		int head = snprintf(text, sizeof text, "= %d %s %s\n", at, word, comm);
		ssize_t length = state == 0 ? 0 : observe(actor->tgid, actor->tid, text + head, sizeof text - (size_t)head);
		text[head + (length < 0 ? 0 : length)] = 0;
		if (strcmp(text, actor->shown) == 0)
			continue;
		strcpy(actor->shown, text);
		fputs(text, stdout);
		if (state == 0)
			actor->known = false;
	}
	printf(".\n");
}

/* -------------------------------------------------------------------- main */

static int numbers(char *text, int64_t *into)
{
	int count = 0;
	for (char *word = strtok(text, " \n"); word != NULL && count < kArguments; word = strtok(NULL, " \n"))
		into[count++] = (int64_t)strtoll(word, NULL, 0);
	return count;
}

static void direct(void)
{
	static char line[1 << 14];
	static int64_t arguments[kArguments];
	while (fgets(line, sizeof line, stdin) != NULL) {
		int at, used, times = 0, skipped = 0;
		char op;
		if (sscanf(line, "~%d %n", &times, &skipped) < 1)
			times = skipped = 0;
		if (strncmp(line, "program ", 8) == 0) {
			int unprivileged = 0;
			sscanf(line + 8, "%*d %d", &unprivileged);
			start_program(atoi(line + 8), unprivileged != 0 ? a_user() : 0);
			printf("r 0\n");
			show();
		} else if (strcmp(line, "end\n") == 0) {
			end_program();
			remove_segments();
			printf("end\n");
			fflush(stdout);
		} else if (sscanf(line + skipped, "%d %c%n", &at, &op, &used) == 2 && at >= 0 && at < kSlots) {
			int count = numbers(line + skipped + used, arguments);
			memset(arguments + count, 0, sizeof *arguments * (size_t)(kArguments - count));
			step(at, op, count, arguments);
			collect_sockets(times);
			show();
		} else {
			die("cannot read: %s", line);
		}
	}
}

/* After exec: everything that the kernel placed goes, as nothing here needs the vDSO. */
static void begin_acting(int at)
{
	stage = attach_stage(stage_id);
	munmap((void *)(MMAP_BASE - CLEARED), CLEARED);
	struct slot *mine = &stage->slots[at];
	mine->result = 0;
	__atomic_store_n(&mine->answered, mine->asked, __ATOMIC_RELEASE);
	futex_wake(&mine->answered);
	act(at);
}

/* Whether the kernel places mappings where the model does. */
static void say_placement(void)
{
	stage->slots[0].asked = 0;
	start_program(1, 0);
	static const int64_t arguments[6] = { 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 };
	post(0, OP_MMAP, 6, arguments);
	printf("placement %s\n", await_answer(0) == MMAP_BASE - 4096 ? "known" : "unknown");
	end_program();
	fflush(stdout);
}

int main(int count, char **arguments)
{
	if (count == 4 && strcmp(arguments[1], "act") == 0) {
		stage_id = atoi(arguments[3]);
		begin_acting(atoi(arguments[2]));
	}
	struct rlimit stack;
	getrlimit(RLIMIT_STACK, &stack);
	stack.rlim_cur = 8 << 20;
	setrlimit(RLIMIT_STACK, &stack);
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = 1024;
	setrlimit(RLIMIT_NOFILE, &files);
	if (personality(ADDR_NO_RANDOMIZE) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
		printf("! personality or prctl: %s\n", strerror(errno));
		return 1;
	}
	stage_id = shmget(IPC_PRIVATE, sizeof *stage, IPC_CREAT | 0666);
	if (stage_id < 0) {
		printf("! shmget: %s\n", strerror(errno));
		return 1;
	}
	stage = attach_stage(stage_id);
	shmctl(stage_id, IPC_RMID, NULL);
	stage->director = getpid();
	stage->key_base = 0x40000000 + (getpid() & 0x3fffff) * 0x100;
	say_placement();
	direct();
	end_program();
	remove_segments();
	return 0;
}
