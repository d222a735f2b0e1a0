/* What the parts of `stage` share: the words of a scenario, the model, and what is written of both. */
#ifndef MEMTRACK_STAGE_H
#define MEMTRACK_STAGE_H

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NMAX = 24, MAXOBJ = 256, MAXACT = 96, MAXFD = 256, MAXMAP = 96, MAXFLIGHT = 64, MAXSENT = 16 };

/* ---- words.c */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
uint64_t now_ns(void);
/* Splits a line in place; -1: more than max words. */
int split(char *s, char **w, int max);
uint64_t parse_size(const char *s);
int parse_prot(const char *s);
/* VALUE of the first word KEY=VALUE, else NULL. */
const char *opt(char **w, int n, const char *key);
bool flag(char **w, int n, const char *key);
void quote(const char *s, char *o, size_t max);
#define NEED(k) do { if (n < (k)) die("line %d: %s needs more words", g_line, op); } while (0)

/* ---- model.c: what must be true */
enum kind { K_MEMFD, K_SHM, K_SYSV, K_DMABUF, K_GEM, K_DRM, K_RING };

struct object {
	char label[32], name[64], exporter[32], path[96];
	enum kind kind;
	uint64_t size, ino;
	unsigned dmaj, dmin;
	int id;       /* SysV id, flink name */
	int from;     /* udmabuf <- memfd, exported dma-buf <- gem, imported gem <- dma-buf; -1 */
	int file_of;  /* ring: registered object, -1 */
	bool removed; /* unlinked, or IPC_RMID */
	char seals[64];
	struct { int handle, gem; bool fb; } h[64]; /* DRM file: its handles, and framebuffers by id */
	int nh;
	uint64_t w, hgt, bpp, pitch; /* gem: its picture */
};
struct table { int refs; struct { int obj; bool cloexec; } fd[MAXFD]; };
/* via: the DRM file that a gem was mapped through, which the mapping keeps; -1 */
struct mapping { int obj, via; uint64_t start, len, off; int prot; bool priv, dontfork; };
struct space { int refs, n; struct mapping m[MAXMAP]; };
enum st { ALIVE, ZOMBIE, GONE };
struct actor {
	char label[32];
	int pid, tid, leader, parent; /* indices for leader and parent; parent -1: the director */
	int ns, own;                  /* its pid namespace, 0 the director's, and its pid there */
	int ft, mm;
	enum st st;
};
/* A message: box says that the sender's own mailbox is in it too. */
struct flight { int from, to, n, obj[MAXSENT]; bool box; };

extern struct object objects[MAXOBJ];
extern struct table *tables[MAXACT * 2];
extern struct space *spaces[MAXACT * 2];
extern struct actor actors[MAXACT];
extern struct flight flights[MAXFLIGHT];
extern int n_objects, n_tables, n_spaces, n_actors, n_flights;

int new_obj(const char *label, enum kind k);
int find_obj(const char *label);
int find_act(const char *label);
int new_ft(int copy_of);
int new_mm(int copy_of);
int new_act(const char *label, int pid, int tid, int leader, int parent, int ft, int mm);
int new_ns(void);
void ft_put(int f);
void mm_put(int f);
void add_fd(int a, int fd, int obj, bool cloexec);
int pick_fd(int a, int obj, const char *want);
struct mapping *pick_map(int a, int obj, int nth);
void add_map(int a, struct mapping m);
void cut_map(int a, uint64_t start, uint64_t len);
/* The lowest handle, or framebuffer, that the DRM file has of the object; its place in the list. */
int find_held(int drm, int gem, bool fb);
int live_drm_handle(int drm, int gem);
void add_handle(int drm, int handle, int gem);

/* ---- life.c: which objects live */
int count_fds(int obj);
int count_maps(int obj);
int count_fly(int obj);
bool file_open(int obj, int depth);
int count_held(int gem, bool fb);
int count_handles(int gem);
bool alive(int obj, int depth);
/* Its mailbox has been closed by its owner. */
void close_box(int to);
/* A task has ended: gives back what it had. */
void bury(int a, enum st st);
/* A process has ended, and all of a pid namespace with its init. */
void bury_group(int leader);

/* ---- truth.c, bundle.c, check.c, trace.c: what is written */
extern const char *g_out;
extern FILE *g_events, *g_check;
extern int g_line, g_step, g_bad;
extern bool g_ftrace;
void jstr(FILE *f, const char *s);
void write_truth(const char *path, const char *name, const char *note);
void event(const char *who, int pid, char **w, int n);
struct dirent;
int by_number(const struct dirent **a, const struct dirent **b);
int write_snap(const char *path, const int *pids, int n, bool smaps);
void self_check(const char *step);
void trace_start(void);
void trace_pause(bool pause);
void trace_mark(const char *text);
void trace_stop(void);

/* ---- ask.c: the director and its actors */
extern int g_dir_sock;
/* What the actor answered last. */
extern char g_reply[1024];
/* The errno that the operation must fail with, by its name, else NULL; where it goes on when it has. */
extern const char *g_fails;
extern jmp_buf g_refused;
void tell(const char *who, const char *text);
/* Waits for one reply; the pid of who sent it, in the director's pid namespace. */
int hear(void);
/* The thread of that process that calls itself own, in the director's pid namespace. */
int global_tid(int pid, int own);
int ask(int a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A number of the answer. */
uint64_t got(const char *key);
/* Device and inode of the answer. */
void take_id(int o);
void await_dead(int pid, int tid);

/* ---- operate_*.c: each says whether it knows the operation */
bool operate_files(int a, const char *op, char **w, int n);
bool operate_mappings(int a, const char *op, char **w, int n);
bool operate_descriptors(int a, const char *op, char **w, int n);
bool operate_tasks(int a, const char *op, char **w, int n);
bool operate_gem(int a, const char *op, char **w, int n);
bool operate_shm_and_rings(int a, const char *op, char **w, int n);

#endif
