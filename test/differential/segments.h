/* SysV segments of a program, by labels: the order in which the actors were given their ids. */
#ifndef SEGMENTS_H
#define SEGMENTS_H

#include <stdint.h>

/* The id of a label; one that is nobody's if there is no such label. */
int segment_of(int64_t label);
/* Make an actor call shmget or shmctl, and print the answer. */
void do_shmget(int by, const int64_t *a);
void do_shmctl(int by, const int64_t *a);
/* All of the program's, after it. */
void remove_segments(void);

#endif
