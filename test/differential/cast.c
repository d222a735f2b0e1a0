/* The actors as the director knows them: how they are asked, come to be, and end. */
#define _GNU_SOURCE
#include "cast.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds. */
enum { kPatience = 20000 };

struct actor actors[kSlots];

void die(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	printf("! ");
	vprintf(format, list);
	printf("\n");
	fflush(stdout);
	va_end(list);
	for (int slot = 0; slot < kSlots; slot++)
		if (actors[slot].alive)
			kill(actors[slot].tgid, SIGKILL);
	exit(1);
}

void pause_a_little(int round)
{
	if (round < 200) {
		sched_yield();
		return;
	}
	struct timespec time = { 0, 200000 };
	nanosleep(&time, NULL);
}

/* ------------------------------------------------------------------ asking */

void post(int at, int op, int count, const int64_t *arguments)
{
	struct slot *slot = &stage->slots[at];
	slot->op = op;
	slot->count = count;
	memcpy(slot->arguments, arguments, sizeof *arguments * (size_t)count);
	__atomic_store_n(&slot->asked, slot->answered + 1, __ATOMIC_RELEASE);
	futex_wake(&slot->asked);
}

bool answered(int at)
{
	const struct slot *slot = &stage->slots[at];
	return __atomic_load_n(&slot->answered, __ATOMIC_ACQUIRE) == slot->asked;
}

int64_t await_answer(int at)
{
	struct slot *slot = &stage->slots[at];
	for (int waited = 0; !answered(at); waited += 1000) {
		if (waited > kPatience)
			die("actor %d does not answer %c", at, slot->op);
		futex_wait(&slot->answered, slot->asked - 1, 1000);
	}
	return slot->result;
}

/* ------------------------------------------------------------ births, deaths */

int slot_of_process(pid_t pid)
{
	for (int at = kSlots - 1; at >= 0; at--)
		if (actors[at].known && actors[at].tgid == pid && actors[at].tid == pid)
			return at;
	return -1;
}

void enter(int at, pid_t tid, pid_t tgid)
{
	struct actor *actor = &actors[at];
	actor->tid = tid;
	actor->tgid = tgid;
	actor->alive = actor->known = true;
	actor->waits_for = -1;
	actor->shown[0] = 0;
}

/* What waited in vfork for this actor goes on. */
void release_parent(int child)
{
	for (int at = 0; at < kSlots; at++) {
		if (actors[at].waits_for != child)
			continue;
		actors[at].waits_for = -1;
		if (actors[at].alive)
			await_answer(at);
	}
}

/* Until the task is gone or a zombie: then it has no mappings and no descriptors any more. */
void await_death(int at)
{
	struct actor *actor = &actors[at];
	char state;
	for (int round = 0; (state = task_state(actor->tgid, actor->tid)) != 0 && state != 'Z' && state != 'X'; round++) {
		if (round > 100000)
			die("actor %d does not end (%c)", at, state);
		pause_a_little(round);
	}
	actor->alive = false;
}

void await_group_death(pid_t tgid)
{
	bool dead[kSlots] = { false };
	for (int at = 0; at < kSlots; at++)
		if (actors[at].alive && actors[at].tgid == tgid) {
			await_death(at);
			dead[at] = true;
		}
	for (int at = 0; at < kSlots; at++)
		if (dead[at])
			release_parent(at);
}

void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

static void start_root(int at, int uid)
{
	char number[24], id[24];
	snprintf(number, sizeof number, "%d", at);
	snprintf(id, sizeof id, "%d", stage_id);
	stage->slots[at].asked = 1;
	pid_t pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0) {
		close_range(0, ~0U, 0);
		if (uid != 0 && (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0))
			_exit(5);
		execl("/proc/self/exe", "perform", "act", number, id, (char *)NULL);
		_exit(4);
	}
	enter(at, pid, pid);
	await_answer(at);
}

void start_program(int roots, int uid)
{
	memset(stage->slots, 0, sizeof stage->slots);
	stage->program++;
	for (int at = 0; at < kSlots; at++)
		actors[at].known = actors[at].alive = false;
	forget_sockets();
	for (int at = 0; at < roots; at++)
		start_root(at, uid);
}

void end_program(void)
{
	for (int at = 0; at < kSlots; at++)
		if (actors[at].alive)
			kill(actors[at].tgid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}
