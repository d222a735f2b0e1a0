/* What must be true, computed from the calls and their return values alone and never from /proc. */
#include "stage.h"

struct object objects[MAXOBJ];
int n_objects;
struct table *tables[MAXACT * 2];
struct space *spaces[MAXACT * 2];
int n_tables, n_spaces;
struct actor actors[MAXACT];
int n_actors;
struct flight flights[MAXFLIGHT];
int n_flights;

int new_obj(const char *label, enum kind k)
{
	for (int i = 0; i < n_objects; i++)
		if (!strcmp(objects[i].label, label))
			die("line %d: object '%s' exists already", g_line, label);
	if (n_objects == MAXOBJ)
		die("too many objects");
	struct object *o = &objects[n_objects];
	memset(o, 0, sizeof *o);
	snprintf(o->label, sizeof o->label, "%s", label);
	o->kind = k;
	o->from = o->file_of = -1;
	o->id = -1;
	return n_objects++;
}

int find_obj(const char *label)
{
	for (int i = 0; i < n_objects; i++)
		if (!strcmp(objects[i].label, label))
			return i;
	die("line %d: no object '%s'", g_line, label);
	return -1;
}

int find_act(const char *label)
{
	for (int i = n_actors - 1; i >= 0; i--)
		if (!strcmp(actors[i].label, label))
			return i;
	die("line %d: no actor '%s'", g_line, label);
	return -1;
}

int new_ft(int copy_of)
{
	tables[n_tables] = calloc(1, sizeof(struct table));
	if (copy_of >= 0)
		*tables[n_tables] = *tables[copy_of];
	else
		for (int i = 0; i < MAXFD; i++)
			tables[n_tables]->fd[i].obj = -1;
	tables[n_tables]->refs = 1;
	return n_tables++;
}

int new_mm(int copy_of)
{
	spaces[n_spaces] = calloc(1, sizeof(struct space));
	if (copy_of >= 0)
		for (int i = 0; i < spaces[copy_of]->n; i++)
			if (!spaces[copy_of]->m[i].dontfork)
				spaces[n_spaces]->m[spaces[n_spaces]->n++] = spaces[copy_of]->m[i];
	spaces[n_spaces]->refs = 1;
	return n_spaces++;
}

int new_act(const char *label, int pid, int tid, int leader, int parent, int ft, int mm)
{
	if (n_actors == MAXACT)
		die("too many actors");
	struct actor *a = &actors[n_actors];
	snprintf(a->label, sizeof a->label, "%s", label);
	a->pid = pid;
	a->tid = tid;
	a->leader = leader < 0 ? n_actors : leader;
	a->parent = parent;
	a->ft = ft;
	a->mm = mm;
	a->st = ALIVE;
	a->own = tid;
	return n_actors++;
}

void ft_put(int f)
{
	if (--tables[f]->refs == 0)
		for (int i = 0; i < MAXFD; i++)
			tables[f]->fd[i].obj = -1;
}

void mm_put(int f)
{
	if (--spaces[f]->refs == 0)
		spaces[f]->n = 0;
}

void add_fd(int a, int fd, int obj, bool cloexec)
{
	if (fd < 0 || fd >= MAXFD)
		die("fd %d out of the model's range", fd);
	tables[actors[a].ft]->fd[fd].obj = obj;
	tables[actors[a].ft]->fd[fd].cloexec = cloexec;
}

int pick_fd(int a, int obj, const char *want)
{
	if (want) {
		int fd = atoi(want);
		if (fd < 0 || fd >= MAXFD || tables[actors[a].ft]->fd[fd].obj != obj)
			die("line %d: %s has no fd %s on %s", g_line, actors[a].label, want, objects[obj].label);
		return fd;
	}
	for (int i = 0; i < MAXFD; i++)
		if (tables[actors[a].ft]->fd[i].obj == obj)
			return i;
	die("line %d: %s holds no fd on %s", g_line, actors[a].label, objects[obj].label);
	return -1;
}

struct mapping *pick_map(int a, int obj, int nth)
{
	struct space *m = spaces[actors[a].mm];
	for (int i = 0; i < m->n; i++)
		if (m->m[i].obj == obj && nth-- == 0)
			return &m->m[i];
	die("line %d: %s has no such mapping of %s", g_line, actors[a].label, objects[obj].label);
	return NULL;
}

void add_map(int a, struct mapping x)
{
	struct space *m = spaces[actors[a].mm];
	if (m->n == MAXMAP)
		die("too many mappings");
	x.dontfork = false;
	m->m[m->n++] = x;
}

/* Forget [start,start+len) of an address space, splitting what it cuts. */
void cut_map(int a, uint64_t start, uint64_t len)
{
	struct space *m = spaces[actors[a].mm];
	uint64_t end = start + len;
	int n = m->n;
	for (int i = 0; i < n; i++) {
		struct mapping *x = &m->m[i];
		uint64_t xe = x->start + x->len;
		if (xe <= start || x->start >= end || !x->len)
			continue;
		if (xe > end) { /* a tail stays */
			if (m->n == MAXMAP)
				die("too many mappings");
			struct mapping t = *x;
			t.off += end - x->start;
			t.start = end;
			t.len = xe - end;
			m->m[m->n++] = t;
		}
		x->len = x->start < start ? start - x->start : 0;
	}
	int k = 0;
	for (int i = 0; i < m->n; i++)
		if (m->m[i].len)
			m->m[k++] = m->m[i];
	m->n = k;
}

int find_held(int drm, int gem, bool fb)
{
	struct object *d = &objects[drm];
	int found = -1;
	for (int j = 0; j < d->nh; j++)
		if (d->h[j].gem == gem && d->h[j].fb == fb && (found < 0 || d->h[j].handle < d->h[found].handle))
			found = j;
	if (found < 0)
		die("line %d: drm file %s has no %s of %s", g_line, d->label, fb ? "framebuffer" : "handle", objects[gem].label);
	return found;
}

int live_drm_handle(int drm, int gem) { return objects[drm].h[find_held(drm, gem, false)].handle; }

void add_handle(int drm, int handle, int gem)
{
	for (int j = 0; j < objects[drm].nh; j++)
		if (objects[drm].h[j].handle == handle && !objects[drm].h[j].fb) {
			if (objects[drm].h[j].gem != gem)
				die("line %d: handle %d reused unexpectedly", g_line, handle);
			return;
		}
	if (objects[drm].nh == 64)
		die("too many handles");
	objects[drm].h[objects[drm].nh].handle = handle;
	objects[drm].h[objects[drm].nh].fb = false;
	objects[drm].h[objects[drm].nh++].gem = gem;
}

int new_ns(void)
{
	static int last;
	return ++last;
}
