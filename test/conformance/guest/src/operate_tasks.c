/* Operations on descriptors, processes and threads. */
#include "stage.h"

#include <fcntl.h>
#include <sched.h>
#include <linux/close_range.h>

/* A table that others use too is copied. */
static void own_table(int a)
{
	int old = actors[a].ft;
	if (tables[old]->refs == 1)
		return;
	actors[a].ft = new_ft(old);
	ft_put(old);
}

/* The descriptor table. */
bool operate_descriptors(int a, const char *op, char **w, int n)
{
	bool ce = flag(w, n, "cloexec");
	if (!strcmp(op, "dup")) {
		NEED(1);
		int o = find_obj(w[0]);
		const char *min = opt(w, n, "min");
		ask(a, "dup %d %d %d", pick_fd(a, o, opt(w, n, "fd")), min ? atoi(min) : 0, ce);
		add_fd(a, got("fd"), o, ce);
	} else if (!strcmp(op, "dup2")) { /* LABEL NEWFD: may replace another buffer */
		NEED(2);
		int o = find_obj(w[0]);
		ask(a, "dup2 %d %d", pick_fd(a, o, opt(w, n, "fd")), atoi(w[1]));
		add_fd(a, atoi(w[1]), o, false);
	} else if (!strcmp(op, "reopen")) {
		NEED(1);
		int o = find_obj(w[0]);
		ask(a, "open /proc/self/fd/%d %d 0", pick_fd(a, o, NULL), (flag(w, n, "ro") ? O_RDONLY : O_RDWR) | (ce ? O_CLOEXEC : 0));
		add_fd(a, got("fd"), o, ce);
	} else if (!strcmp(op, "cloexec")) { /* LABEL on|off */
		NEED(2);
		int o = find_obj(w[0]), fd = pick_fd(a, o, opt(w, n, "fd"));
		bool on = !strcmp(w[1], "on");
		ask(a, "cloexec %d %d", fd, on);
		tables[actors[a].ft]->fd[fd].cloexec = on;
	} else if (!strcmp(op, "close")) {
		NEED(1);
		int o = find_obj(w[0]);
		int fd = pick_fd(a, o, opt(w, n, "fd"));
		ask(a, "close %d", fd);
		tables[actors[a].ft]->fd[fd].obj = -1;
	} else if (!strcmp(op, "closeall")) { /* every fd this actor's table has on the object */
		NEED(1);
		int o = find_obj(w[0]);
		for (int i = 0; i < MAXFD; i++)
			if (tables[actors[a].ft]->fd[i].obj == o) {
				ask(a, "close %d", i);
				tables[actors[a].ft]->fd[i].obj = -1;
			}
	} else if (!strcmp(op, "closerange")) { /* FIRST LAST [cloexec] [unshare] */
		NEED(2);
		int lo = atoi(w[0]), hi = atoi(w[1]);
		bool un = flag(w, n, "unshare");
		ask(a, "closerange %d %d %u", lo, hi, (ce ? CLOSE_RANGE_CLOEXEC : 0) | (un ? CLOSE_RANGE_UNSHARE : 0));
		if (un)
			own_table(a);
		for (int i = lo; i <= hi && i < MAXFD; i++)
			if (!ce)
				tables[actors[a].ft]->fd[i].obj = -1;
			else
				tables[actors[a].ft]->fd[i].cloexec = true;
	} else if (!strcmp(op, "unshare")) {
		ask(a, "unshare");
		own_table(a);
	} else if (!strcmp(op, "truncate")) { /* LABEL SIZE */
		NEED(2);
		int o = find_obj(w[0]);
		uint64_t size = parse_size(w[1]);
		ask(a, "truncate %d %llu", pick_fd(a, o, opt(w, n, "fd")), (unsigned long long)size);
		objects[o].size = size;
	} else if (!strcmp(op, "pidfdget")) { /* LABEL FROM */
		NEED(2);
		int o = find_obj(w[0]), b = find_act(w[1]);
		int l = actors[b].leader, pid = actors[a].ns == actors[l].ns ? actors[l].own : actors[l].pid;
		ask(a, "pidfdget %d %d", pid, pick_fd(b, o, NULL));
		add_fd(a, got("fd"), o, true);
	} else {
		return false;
	}
	return true;
}

/* Sending, cloning, exec and exit. */
bool operate_tasks(int a, const char *op, char **w, int n)
{
	bool ce = flag(w, n, "cloexec");
	if (!strcmp(op, "send")) { /* TO LABEL|mailbox... */
		NEED(2);
		struct flight f = { .from = a, .to = find_act(w[0]) };
		char b[512];
		int k = snprintf(b, sizeof b, "send %s", w[0]);
		for (int i = 1; i < n && f.n < MAXSENT; i++) {
			if (!strcmp(w[i], "mailbox")) {
				f.box = true;
				k += snprintf(b + k, sizeof b - k, " box");
				continue;
			}
			f.obj[f.n] = find_obj(w[i]);
			k += snprintf(b + k, sizeof b - k, " %d", pick_fd(a, f.obj[f.n], NULL));
			f.n++;
		}
		ask(a, "%s", b);
		if (n_flights == MAXFLIGHT)
			die("too many messages in flight");
		flights[n_flights++] = f;
	} else if (!strcmp(op, "recv")) {
		int i;
		for (i = 0; i < n_flights && flights[i].to != a; i++)
			;
		if (i == n_flights)
			die("line %d: nothing in flight to %s", g_line, actors[a].label);
		if (flights[i].box)
			die("line %d: %s would receive a mailbox", g_line, actors[a].label);
		ask(a, "recv %d", ce);
		char *p = strstr(g_reply, "fds=");
		p = p ? p + 4 : NULL;
		for (int j = 0; j < flights[i].n; j++) {
			if (!p || !*p)
				die("line %d: too few fds received: %s", g_line, g_reply);
			add_fd(a, (int)strtol(p, &p, 10), flights[i].obj[j], ce);
			if (*p == ',')
				p++;
		}
		memmove(&flights[i], &flights[i + 1], sizeof flights[0] * (n_flights - i - 1));
		n_flights--;
	} else if (!strcmp(op, "fork")) { /* CHILD [files] [pidns] */
		NEED(1);
		bool files = flag(w, n, "files");
		unsigned long fl = (files ? CLONE_FILES : 0) | (flag(w, n, "pidns") ? CLONE_NEWPID : 0);
		/* Two replies, in either order: the parent's says child=PID and the child's pid=PID, each as it sees it; the
		 * kernel tells the director who the child is. */
		int from = 0, own = 0;
		for (int i = 0; i < 2; i++) {
			int sender = i == 0 ? ask(a, "fork %s %lu", w[0], fl) : hear();
			if (strstr(g_reply, " pid=")) {
				from = sender;
				own = got("pid");
			}
		}
		int pid = from;
		int ft = files ? actors[a].ft : new_ft(actors[a].ft);
		if (files)
			tables[ft]->refs++;
		int child = new_act(w[0], pid, pid, -1, actors[a].leader, ft, new_mm(actors[a].mm));
		actors[child].ns = flag(w, n, "pidns") ? new_ns() : actors[a].ns;
		actors[child].own = own;
	} else if (!strcmp(op, "thread")) { /* NAME [unshare] */
		NEED(1);
		bool un = flag(w, n, "unshare");
		ask(a, "thread %s %d", w[0], un);
		int ft = un ? new_ft(actors[a].ft) : actors[a].ft;
		if (!un)
			tables[ft]->refs++;
		spaces[actors[a].mm]->refs++;
		int own = (int)got("tid"), tid = actors[a].ns ? global_tid(actors[a].pid, own) : own;
		int t = new_act(w[0], actors[a].pid, tid, actors[a].leader, actors[actors[a].leader].parent, ft, actors[a].mm);
		actors[t].ns = actors[a].ns;
		actors[t].own = own;
	} else if (!strcmp(op, "exec")) { /* its other threads end; it leads from now on */
		int l = actors[a].leader;
		for (int i = 0; i < n_actors; i++)
			if (i != a && actors[i].leader == l && actors[i].st == ALIVE)
				bury(i, GONE);
		ask(a, "exec");
		if (l != a) {
			actors[l].st = GONE;
			actors[a].parent = actors[l].parent;
			actors[a].tid = actors[a].pid;
			actors[a].own = actors[l].own;
			for (int i = 0; i < n_actors; i++) {
				if (actors[i].leader == l)
					actors[i].leader = a;
				if (actors[i].parent == l)
					actors[i].parent = a;
			}
		}
		int ft = new_ft(actors[a].ft);
		for (int i = 0; i < MAXFD; i++)
			if (tables[ft]->fd[i].cloexec)
				tables[ft]->fd[i].obj = -1;
		ft_put(actors[a].ft);
		actors[a].ft = ft;
		mm_put(actors[a].mm);
		actors[a].mm = new_mm(-1);
		close_box(a);
	} else if (!strcmp(op, "exit")) { /* the whole process; stays a zombie until reaped */
		snprintf(g_reply, sizeof g_reply, "none");
		tell(actors[a].label, "exit 0");
		await_dead(actors[a].pid, actors[a].pid);
		bury_group(actors[a].leader);
	} else if (!strcmp(op, "leave")) { /* one thread ends; a leader stays as a zombie leader */
		snprintf(g_reply, sizeof g_reply, "none");
		tell(actors[a].label, "leave");
		await_dead(actors[a].pid, actors[a].tid);
		int others = 0;
		for (int i = 0; i < n_actors; i++)
			others += i != a && actors[i].leader == actors[a].leader && actors[i].st == ALIVE;
		bury(a, actors[a].leader == a ? ZOMBIE : GONE);
		if (actors[a].leader != a && !others)
			bury(actors[a].leader, ZOMBIE);
	} else if (!strcmp(op, "wait")) {
		NEED(1);
		int c = find_act(w[0]);
		ask(a, "wait %d", actors[a].ns == actors[c].ns ? actors[c].own : actors[c].pid);
		bury(c, GONE);
	} else {
		return false;
	}
	return true;
}
