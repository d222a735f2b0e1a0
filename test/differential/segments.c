/* SysV segments of a program: what the actors call, and which is which. */
#include "segments.h"

#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/types.h>

#include "cast.h"

/* Segments by the order in which the actors were given their ids. */
static int segments[kSegments];
static int segment_count;

int segment_of(int64_t label)
{
	return label >= 0 && label < segment_count ? segments[label] : 0x7fffffff;
}

void do_shmget(int by, const int64_t *a)
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

void do_shmctl(int by, const int64_t *a)
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

void remove_segments(void)
{
	while (segment_count > 0)
		shmctl(segments[--segment_count], IPC_RMID, NULL);
}
