/*
 * stage - play a scripted scenario of processes that share memory buffers,
 *         take snapshots of what the kernel shows, and write down the truth.
 *
 *   stage --out DIR [--ftrace] [--smaps] [--at-snap COMMAND] SCENARIO.scn
 *   stage --snap FILE [PID...]        one snapshot of the given (or all) processes
 *
 * The "director" (this process) reads the scenario line by line and tells
 * "actors" (real processes and threads, forked from here) which system calls
 * to make. Actors only execute; the director keeps a model of who must hold
 * what, computed from the calls and their return values alone and never from
 * /proc. Every `snap` writes
 *      steps/NN-name.json   the model: the ground truth
 *      steps/NN-name.snap   what the kernel showed (bundle format, see below)
 * and compares the two (selfcheck.txt). With --at-snap, COMMAND is run by
 * /bin/sh at that very moment, while all actors stand still, with STAGE_STEP,
 * STAGE_NAME, STAGE_TRUTH (the .json) and STAGE_SNAP (the .snap) set; what it
 * prints goes to steps/NN-name.run.txt.
 *
 * Exit status: 0; 1 something could not be done; 2 model and kernel disagree;
 * 3 an --at-snap command failed; 64 usage; 77 the kernel lacks what the
 * scenario needs.
 *
 * An operation with fails=ERRNO must fail so, and then changes nothing.
 *
 * Works for memfd, POSIX shm and SysV shm on any Linux; for dma-bufs it needs
 * /dev/udmabuf or /dev/dma_heap/system, for GEM a DRM node such as vgem's.
 *
 * Bundle format: a text file of records
 *      @file PATH NBYTES                      then NBYTES of content, newline
 *      @link PATH NBYTES dev=MA:MI ino=N mode=OCT size=N blocks=N lmode=OCT
 *                                             then NBYTES of link text, newline
 *      @dir PATH
 *      @stat PATH dev=... (as @link)          a file seen but not read
 *      @error PATH ERRNO                      could not be read
 * In PATH a space is written \s, a newline \n, a backslash \\.
 * dev/ino/mode/size/blocks are stat(2) through the link (what the fd is),
 * lmode is lstat(2) of the link itself (its rwx bits tell how it was opened).
 *
 * Build: gcc -static -O2 -Wall -o stage *.c -pthread
 */
#include "actor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

const char *g_out;
FILE *g_events, *g_check;
int g_line, g_step, g_bad;
bool g_ftrace;
static bool g_smaps;
static const char *g_at_snap;
static int g_cmd_bad;

static void do_snap(char **w, int n)
{
	char p[1200], b[128];
	const char *name = w[1];
	snprintf(b, sizeof b, "snap %02d-%s", g_step, name);
	trace_mark(b);
	trace_pause(true);
	usleep(20000); /* let deferred fput()s finish */
	int pids[MAXACT], k = 0;
	for (int i = 0; i < n_actors; i++)
		if (actors[i].leader == i && actors[i].st != GONE)
			pids[k++] = actors[i].pid;
	snprintf(p, sizeof p, "%s/steps/%02d-%s.snap", g_out, g_step, name);
	write_snap(p, pids, k, g_smaps || flag(w + 2, n - 2, "smaps"));
	snprintf(p, sizeof p, "%s/steps/%02d-%s.json", g_out, g_step, name);
	write_truth(p, name, opt(w + 2, n - 2, "note"));
	snprintf(p, sizeof p, "%02d-%s", g_step, name);
	self_check(p);
	if (g_at_snap) {
		char cmd[4096], v[1300];
		snprintf(v, sizeof v, "%d", g_step);
		setenv("STAGE_STEP", v, 1);
		setenv("STAGE_NAME", name, 1);
		snprintf(v, sizeof v, "%s/steps/%02d-%s.json", g_out, g_step, name);
		setenv("STAGE_TRUTH", v, 1);
		snprintf(v, sizeof v, "%s/steps/%02d-%s.snap", g_out, g_step, name);
		setenv("STAGE_SNAP", v, 1);
		snprintf(cmd, sizeof cmd, "{ %s\n} >'%s/steps/%02d-%s.run.txt' 2>&1", g_at_snap, g_out, g_step, name);
		int rc = system(cmd);
		if (rc) {
			g_cmd_bad++;
			printf("step %02d %s: the at-snap command failed (wait status 0x%x)\n", g_step, name, rc);
		}
	}
	printf("step %02d %s\n", g_step, name);
	fflush(stdout);
	g_step++;
	trace_pause(false);
}

/* One line of an actor: w[0] is its operation. */
static void operate(int a, char **w, int n)
{
	const char *op = w[0];
	char *words[NMAX];
	int k = 0;
	for (int i = 1; i < n; i++)
		if (strncmp(w[i], "fails=", 6))
			words[k++] = w[i];
	if (!operate_files(a, op, words, k) && !operate_mappings(a, op, words, k) && !operate_descriptors(a, op, words, k) &&
	    !operate_tasks(a, op, words, k) && !operate_gem(a, op, words, k) && !operate_shm_and_rings(a, op, words, k))
		die("line %d: unknown operation '%s'", g_line, op);
}

/* The same for one that must fail, and then makes nothing. */
static void operate_in_vain(int a, char **w, int n)
{
	int before = n_objects;
	if (setjmp(g_refused) == 0) {
		operate(a, w, n);
		die("line %d: did not fail with %s", g_line, g_fails);
	}
	n_objects = before;
	g_fails = NULL;
}

static void direct(const char *scn)
{
	FILE *f = fopen(scn, "re");
	if (!f)
		die("%s: %s", scn, strerror(errno));
	char p[1200], line[1024], *w[NMAX];
	mkdir(g_out, 0755);
	snprintf(p, sizeof p, "%s/steps", g_out);
	if (mkdir(p, 0755) < 0 && errno != EEXIST)
		die("%s: %s", p, strerror(errno));
	snprintf(p, sizeof p, "%s/events.jsonl", g_out);
	g_events = fopen(p, "we");
	snprintf(p, sizeof p, "%s/selfcheck.txt", g_out);
	g_check = fopen(p, "we");
	if (!g_events || !g_check)
		die("%s: %s", p, strerror(errno));
	g_dir_sock = sock_bind("dir", "ector");
	int on = 1;
	if (setsockopt(g_dir_sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0)
		die("SO_PASSCRED: %s", strerror(errno));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (g_ftrace)
		trace_start();
	while (fgets(line, sizeof line, f)) {
		g_line++;
		int n = split(line, w, NMAX);
		if (n == 0)
			continue;
		if (n < 0)
			die("line %d: too many words", g_line);
		g_reply[0] = 0;
		const char *who = "director";
		int pid = getpid();
		fflush(stdout);
		fflush(g_events);
		if (!strcmp(w[0], "actor") && n >= 2) {
			pid_t c = fork();
			if (c == 0) {
				fclose(f);
				fclose(g_events);
				fclose(g_check);
				close(g_dir_sock);
				struct me m = { 0 };
				snprintf(m.name, sizeof m.name, "%s", w[1]);
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				open_ears(&m);
				say(&m, "ok pid=%d", getpid());
				actor_loop(&m);
				_exit(0);
			}
			hear();
			new_act(w[1], c, c, -1, -1, new_ft(-1), new_mm(-1));
		} else if (!strcmp(w[0], "snap") && n >= 2) {
			do_snap(w, n);
		} else if (!strcmp(w[0], "kill") && n >= 2) { /* SIGKILL; stays a zombie until reaped */
			int a = find_act(w[1]);
			kill(actors[a].pid, SIGKILL);
			await_dead(actors[a].pid, actors[a].pid);
			bury_group(actors[a].leader);
		} else if (!strcmp(w[0], "reap") && n >= 2) {
			int a = find_act(w[1]);
			if (actors[a].parent >= 0)
				die("line %d: %s's parent must wait for it", g_line, w[1]);
			waitpid(actors[a].pid, NULL, 0);
			actors[a].st = GONE;
		} else if (!strcmp(w[0], "sleep") && n >= 2) {
			usleep(1000 * atoi(w[1]));
		} else if (!strcmp(w[0], "need") && n >= 2) {
			for (int i = 1; i < n; i++)
				if (access(w[i], F_OK) < 0) {
					fprintf(stderr, "stage: %s is not on this kernel: scenario skipped\n", w[i]);
					_exit(77);
				}
		} else if (n >= 2) {
			int a = find_act(w[0]);
			who = actors[a].label;
			pid = actors[a].tid;
			g_fails = opt(w, n, "fails");
			if (g_fails)
				operate_in_vain(a, w + 1, n - 1);
			else
				operate(a, w + 1, n - 1);
		} else {
			die("line %d: what is '%s'?", g_line, w[0]);
		}
		event(who, pid, w, n);
	}
	fclose(f);
	trace_stop();
	for (int i = 0; i < n_actors; i++)
		if (actors[i].leader == i && actors[i].st != GONE)
			kill(actors[i].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	for (int i = 0; i < n_objects; i++)
		if (objects[i].kind == K_SYSV && !objects[i].removed)
			shmctl(objects[i].id, IPC_RMID, NULL);
		else if (objects[i].kind == K_SHM && !objects[i].removed)
			unlink(objects[i].path);
	fprintf(g_check, "%s: %d mismatches between the model and the kernel in %d steps\n", g_bad ? "FAILED" : "ok", g_bad, g_step);
	printf("selfcheck: %d mismatches in %d steps\n", g_bad, g_step);
	fclose(g_events);
	fclose(g_check);
	if (g_bad)
		exit(2);
	if (g_cmd_bad)
		exit(3);
}

int main(int argc, char **argv)
{
	ssize_t r = readlink("/proc/self/exe", g_self, sizeof g_self - 1);
	if (r < 0)
		die("readlink /proc/self/exe: %s", strerror(errno));
	if (argc == 4 && !strcmp(argv[1], "--actor")) { /* after exec */
		struct me m = { 0 };
		snprintf(g_run, sizeof g_run, "%s", argv[2]);
		snprintf(m.name, sizeof m.name, "%s", argv[3]);
		open_ears(&m);
		say(&m, "ok pid=%d", getpid());
		actor_loop(&m);
		return 0;
	}
	if (argc >= 3 && !strcmp(argv[1], "--snap")) {
		int pids[4096], n = 0;
		for (int i = 3; i < argc && n < 4096; i++)
			pids[n++] = atoi(argv[i]);
		if (argc == 3) { /* every process with an address space */
			struct dirent **e;
			int k = scandir("/proc", &e, NULL, by_number);
			for (int i = 0; i < k; i++) {
				char p[300], b[8];
				int pid = atoi(e[i]->d_name);
				if (pid <= 0 || pid == getpid())
					continue;
				snprintf(p, sizeof p, "/proc/%d/maps", pid);
				int fd = open(p, O_RDONLY);
				if (fd >= 0 && read(fd, b, 1) == 1 && n < 4096)
					pids[n++] = pid;
				if (fd >= 0)
					close(fd);
			}
		}
		return write_snap(argv[2], pids, n, true) ? 1 : 0;
	}
	const char *scn = NULL;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--out") && i + 1 < argc)
			g_out = argv[++i];
		else if (!strcmp(argv[i], "--at-snap") && i + 1 < argc)
			g_at_snap = argv[++i];
		else if (!strcmp(argv[i], "--ftrace"))
			g_ftrace = true;
		else if (!strcmp(argv[i], "--smaps"))
			g_smaps = true;
		else if (argv[i][0] != '-' && !scn)
			scn = argv[i];
		else
			scn = "", g_out = NULL;
	}
	if (!scn || !g_out) {
		fprintf(stderr, "usage: stage --out DIR [--ftrace] [--smaps] [--at-snap COMMAND] SCENARIO.scn\n"
				"       stage --snap FILE [PID...]\n");
		return 64;
	}
	snprintf(g_run, sizeof g_run, "%d", getpid());
	direct(scn);
	return 0;
}
