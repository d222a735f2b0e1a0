/* Which objects live, and by what. */
#include "stage.h"

int count_fds(int obj)
{
	int n = 0;
	for (int f = 0; f < n_tables; f++)
		if (tables[f]->refs > 0)
			for (int i = 0; i < MAXFD; i++)
				n += tables[f]->fd[i].obj == obj;
	return n;
}

int count_maps(int obj)
{
	int n = 0;
	for (int f = 0; f < n_spaces; f++)
		if (spaces[f]->refs > 0)
			for (int i = 0; i < spaces[f]->n; i++)
				n += spaces[f]->m[i].obj == obj;
	return n;
}

int count_fly(int obj)
{
	int n = 0;
	for (int i = 0; i < n_flights; i++)
		for (int j = 0; j < flights[i].n; j++)
			n += flights[i].obj[j] == obj;
	return n;
}

/* An open file lives while an fd, a message in flight or a live io_uring has it. */
bool file_open(int obj, int depth)
{
	if (count_fds(obj) || count_fly(obj))
		return true;
	if (objects[obj].kind == K_DRM) /* a mapping of one of its objects keeps it too */
		for (int f = 0; f < n_spaces; f++)
			for (int i = 0; spaces[f]->refs > 0 && i < spaces[f]->n; i++)
				if (spaces[f]->m[i].via == obj)
					return true;
	for (int i = 0; i < n_objects; i++)
		if (objects[i].kind == K_RING && objects[i].file_of == obj && depth < 8 && alive(i, depth + 1))
			return true;
	return false;
}

int count_held(int gem, bool fb)
{
	int n = 0;
	for (int i = 0; i < n_objects; i++)
		if (objects[i].kind == K_DRM && file_open(i, 0))
			for (int j = 0; j < objects[i].nh; j++)
				n += objects[i].h[j].gem == gem && objects[i].h[j].fb == fb;
	return n;
}

int count_handles(int gem) { return count_held(gem, false); }

bool alive(int obj, int depth)
{
	struct object *o = &objects[obj];
	if (depth > 8)
		return false;
	if (file_open(obj, depth) || count_maps(obj))
		return true;
	switch (o->kind) {
	case K_SHM:
	case K_SYSV:
		return !o->removed;
	case K_MEMFD: /* its pages stay pinned under a living udmabuf */
		for (int i = 0; i < n_objects; i++)
			if (objects[i].kind == K_DMABUF && objects[i].from == obj && alive(i, depth + 1))
				return true;
		return false;
	case K_GEM:
		if (count_handles(obj) || count_held(obj, true))
			return true;
		for (int i = 0; i < n_objects; i++) /* its exported dma-buf still lives */
			if (objects[i].kind == K_DMABUF && objects[i].from == obj && alive(i, depth + 1))
				return true;
		return false;
	case K_DMABUF:
		/* a GEM object that was exported keeps its dma-buf while it has handles */
		if (o->from >= 0 && objects[o->from].kind == K_GEM && count_handles(o->from))
			return true;
		for (int i = 0; i < n_objects; i++) /* an importer keeps it */
			if (objects[i].kind == K_GEM && objects[i].from == obj && (count_handles(i) || count_held(i, true) || count_maps(i)))
				return true;
		return false;
	default:
		return false;
	}
}

static void drop_flight(int i)
{
	memmove(&flights[i], &flights[i + 1], sizeof flights[0] * (n_flights - i - 1));
	n_flights--;
}

static bool box_in_flight(int of)
{
	for (int i = 0; i < n_flights; i++)
		if (flights[i].box && flights[i].from == of)
			return true;
	return false;
}

/*
 * unix_gc, which runs soon after a socket is released, here after all of a task's: mail in boxes that no living actor can come to
 * read is dropped.
 */
static void collect_boxes(void)
{
	bool reached[MAXACT] = { false };
	for (int i = 0; i < n_actors; i++)
		reached[i] = actors[i].st == ALIVE;
	for (bool more = true; more;) {
		more = false;
		for (int i = 0; i < n_flights; i++)
			if (flights[i].box && reached[flights[i].to] && !reached[flights[i].from])
				more = reached[flights[i].from] = true;
	}
	for (int i = n_flights - 1; i >= 0; i--)
		if (!reached[flights[i].to])
			drop_flight(i);
}

/* Its other socket was released before. */
void close_box(int to)
{
	collect_boxes();
	if (box_in_flight(to))
		return;
	for (int i = n_flights - 1; i >= 0; i--)
		if (flights[i].to == to)
			drop_flight(i);
}

void bury(int a, enum st st)
{
	bool lived = actors[a].st == ALIVE;
	actors[a].st = st;
	if (lived) {
		ft_put(actors[a].ft);
		mm_put(actors[a].mm);
		close_box(a);
	}
	int live = 0;
	for (int i = 0; i < n_actors; i++)
		live += actors[i].leader == actors[a].leader && actors[i].st == ALIVE;
	if (!live) /* orphans come to the director, which is their subreaper */
		for (int i = 0; i < n_actors; i++)
			if (actors[i].parent == actors[a].leader)
				actors[i].parent = -1;
}

void bury_group(int leader)
{
	if (actors[leader].ns && actors[leader].own == 1) /* zap_pid_ns_processes reaps them too */
		for (int i = 0; i < n_actors; i++)
			if (actors[i].ns == actors[leader].ns && actors[i].leader != leader)
				bury(i, GONE);
	for (int i = 0; i < n_actors; i++)
		if (actors[i].leader == leader && actors[i].st == ALIVE)
			bury(i, i == leader ? ZOMBIE : GONE);
}
