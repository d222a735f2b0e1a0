/* The actors as the director knows them. */
#ifndef MEMTRACK_CAST_H
#define MEMTRACK_CAST_H

#include <stdbool.h>

#include "perform.h"

/* Bytes of what is shown of an actor. */
enum { kText = 1 << 16 };

struct actor {
	pid_t tid, tgid;
	bool alive, known;
	/* Waits in vfork for this slot; -1. */
	int waits_for;
	char shown[kText];
};

extern struct actor actors[kSlots];

/* Says why, kills every actor and exits. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Of a loop that looks again and again: gives way, later sleeps. */
void pause_a_little(int round);

/* Tells an actor what to call; then whether, or what, it has answered. */
void post(int at, int op, int count, const int64_t *arguments);
bool answered(int at);
int64_t await_answer(int at);

/* The slot of the leader of a process; -1. */
int slot_of_process(pid_t pid);
void enter(int at, pid_t tid, pid_t tgid);
/* What waited in vfork for this actor goes on. */
void release_parent(int child);
/* Until the task is gone or a zombie: then it has no mappings and no descriptors any more. */
void await_death(int at);
void await_group_death(pid_t tgid);
void reap(void);
/* `uid` 0: as this process is. */
void start_program(int roots, int uid);
void end_program(void);

#endif
