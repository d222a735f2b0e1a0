/* Operations on what holds buffers besides descriptors and mappings. */
#include "stage.h"

#include <fcntl.h>
#include <sys/mman.h>

/* GEM objects. */
bool operate_gem(int a, const char *op, char **w, int n)
{
	bool ce = flag(w, n, "cloexec");
	const char *nm = opt(w, n, "name");
	char q[300];
	if (!strcmp(op, "drmopen")) {
		NEED(2);
		int o = new_obj(w[0], K_DRM);
		snprintf(objects[o].path, sizeof objects[o].path, "%s", w[1]);
		ask(a, "open %s %d 0", w[1], O_RDWR | O_CLOEXEC);
		take_id(o);
		int fd = got("fd");
		add_fd(a, fd, o, true);
		ask(a, "drmversion %d", fd);
		char *p = strstr(g_reply, "driver=");
		snprintf(objects[o].name, sizeof objects[o].name, "%.60s", p ? p + 7 : "?");
	} else if (!strcmp(op, "dumb")) { /* GEM DRM W H BPP */
		NEED(5);
		int d = find_obj(w[1]), o = new_obj(w[0], K_GEM);
		ask(a, "dumb %d %s %s %s", pick_fd(a, d, NULL), w[2], w[3], w[4]);
		objects[o].size = got("size");
		objects[o].w = strtoull(w[2], NULL, 0);
		objects[o].hgt = strtoull(w[3], NULL, 0);
		objects[o].bpp = strtoull(w[4], NULL, 0);
		objects[o].pitch = got("pitch");
		snprintf(objects[o].path, sizeof objects[o].path, "%s", objects[d].path);
		add_handle(d, got("handle"), o);
	} else if (!strcmp(op, "gemmmap")) { /* GEM DRM */
		NEED(2);
		int o = find_obj(w[0]), d = find_obj(w[1]), fd = pick_fd(a, d, NULL);
		ask(a, "mapdumb %d %d", fd, live_drm_handle(d, o));
		int rw = PROT_READ | PROT_WRITE;
		uint64_t off = got("off"), len = (objects[o].size + 4095) & ~4095ull;
		ask(a, "mmap %d %llu %llu %d %d %llu", fd, (unsigned long long)len, (unsigned long long)off,
		    PROT_READ | PROT_WRITE, MAP_SHARED, (unsigned long long)len);
		/* mapping an imported object maps the dma-buf's file instead */
		if (objects[o].from >= 0)
			add_map(a, (struct mapping){ .obj = objects[o].from, .via = -1, .start = got("addr"), .len = len, .prot = rw });
		else
			add_map(a, (struct mapping){ .obj = o, .via = d, .start = got("addr"), .len = len, .off = off, .prot = rw });
	} else if (!strcmp(op, "gemclose")) {
		NEED(2);
		int o = find_obj(w[0]), d = find_obj(w[1]), h = live_drm_handle(d, o);
		ask(a, "gemclose %d %d", pick_fd(a, d, NULL), h);
		int k = 0;
		for (int j = 0; j < objects[d].nh; j++)
			if (objects[d].h[j].handle != h || objects[d].h[j].fb)
				objects[d].h[k++] = objects[d].h[j];
		objects[d].nh = k;
	} else if (!strcmp(op, "addfb")) { /* GEM DRM: a framebuffer holds the object too */
		NEED(2);
		int o = find_obj(w[0]), d = find_obj(w[1]);
		ask(a, "addfb %d %d %llu %llu %llu %llu", pick_fd(a, d, NULL), live_drm_handle(d, o),
		    (unsigned long long)objects[o].w, (unsigned long long)objects[o].hgt, (unsigned long long)objects[o].bpp,
		    (unsigned long long)objects[o].pitch);
		int id = got("fb");
		if (objects[d].nh == 64)
			die("too many handles");
		objects[d].h[objects[d].nh].handle = id;
		objects[d].h[objects[d].nh].fb = true;
		objects[d].h[objects[d].nh++].gem = o;
	} else if (!strcmp(op, "rmfb")) { /* GEM DRM */
		NEED(2);
		int o = find_obj(w[0]), d = find_obj(w[1]), j = find_held(d, o, true);
		ask(a, "rmfb %d %d", pick_fd(a, d, NULL), objects[d].h[j].handle);
		objects[d].h[j] = objects[d].h[--objects[d].nh];
	} else if (!strcmp(op, "prime_out")) { /* DMABUF GEM DRM */
		NEED(3);
		int g = find_obj(w[1]), d = find_obj(w[2]), o = -1;
		/* a GEM object has one dma-buf at most, and hands out the same again */
		for (int i = 0; i < n_objects; i++)
			if (objects[i].kind == K_DMABUF && objects[i].from == g && alive(i, 0))
				o = i;
		ask(a, "prime_out %d %d %d", pick_fd(a, d, NULL), live_drm_handle(d, g), ce);
		if (objects[g].from >= 0)
			o = objects[g].from; /* re-export of an import gives the original */
		if (o < 0) {
			o = new_obj(w[0], K_DMABUF);
			objects[o].size = objects[g].size;
			objects[o].from = g;
			/* the exporter's name is that of the module that fills it in */
			snprintf(objects[o].exporter, sizeof objects[o].exporter, "%s", !strcmp(objects[d].name, "virtio_gpu") ? "virtio_gpu" : "drm");
			take_id(o);
		}
		add_fd(a, got("fd"), o, ce);
		if (nm) {
			int fd = got("fd");
			snprintf(objects[o].name, sizeof objects[o].name, "%s", nm);
			quote(nm, q, sizeof q);
			ask(a, "setname %d %s", fd, q);
		}
	} else if (!strcmp(op, "prime_in")) { /* NEWGEM DMABUF DRM */
		NEED(3);
		int b = find_obj(w[1]), d = find_obj(w[2]);
		ask(a, "prime_in %d %d", pick_fd(a, d, NULL), pick_fd(a, b, NULL));
		int h = got("handle"), g = objects[b].from;
		if (!(g >= 0 && objects[g].kind == K_GEM && !strcmp(objects[g].path, objects[d].path))) { /* another device's */
			g = -1;
			for (int i = 0; i < n_objects; i++)
				if (objects[i].kind == K_GEM && objects[i].from == b && !strcmp(objects[i].path, objects[d].path) && alive(i, 0))
					for (int j = 0; j < objects[d].nh; j++)
						if (objects[d].h[j].handle == h && objects[d].h[j].gem == i)
							g = i;
			if (g < 0) {
				g = new_obj(w[0], K_GEM);
				objects[g].from = b;
				objects[g].size = objects[b].size;
				snprintf(objects[g].path, sizeof objects[g].path, "%s", objects[d].path);
			}
		}
		add_handle(d, h, g);
	} else if (!strcmp(op, "flink")) { /* GEM DRM */
		NEED(2);
		int o = find_obj(w[0]), d = find_obj(w[1]);
		ask(a, "flink %d %d", pick_fd(a, d, NULL), live_drm_handle(d, o));
		objects[o].id = got("name");
	} else if (!strcmp(op, "gemopen")) { /* GEM DRM: by its flink name */
		NEED(2);
		int o = find_obj(w[0]), d = find_obj(w[1]);
		ask(a, "gemopen %d %d", pick_fd(a, d, NULL), objects[o].id);
		add_handle(d, got("handle"), o);
	} else {
		return false;
	}
	return true;
}

/* SysV shm and io_uring. */
bool operate_shm_and_rings(int a, const char *op, char **w, int n)
{
	if (!strcmp(op, "sysv")) { /* LABEL KEY SIZE */
		NEED(3);
		int o = new_obj(w[0], K_SYSV);
		objects[o].size = parse_size(w[2]);
		snprintf(objects[o].name, sizeof objects[o].name, "%s", w[1]);
		ask(a, "shmget %s %llu", w[1], (unsigned long long)objects[o].size);
		objects[o].id = got("id");
	} else if (!strcmp(op, "shmat")) {
		NEED(1);
		int o = find_obj(w[0]);
		uint64_t len = (objects[o].size + 4095) & ~4095ull;
		ask(a, "shmat %d %llu", objects[o].id, flag(w, n, "touch") ? (unsigned long long)objects[o].size : 0ull);
		add_map(a, (struct mapping){ .obj = o, .via = -1, .start = got("addr"), .len = len, .prot = PROT_READ | PROT_WRITE });
	} else if (!strcmp(op, "shmdt")) {
		NEED(1);
		struct mapping x = *pick_map(a, find_obj(w[0]), 0);
		ask(a, "shmdt %llu", (unsigned long long)x.start);
		cut_map(a, x.start, x.len);
	} else if (!strcmp(op, "shmrm")) {
		NEED(1);
		int o = find_obj(w[0]);
		ask(a, "shmrm %d", objects[o].id);
		objects[o].removed = true;
	} else if (!strcmp(op, "ring")) {
		NEED(1);
		int o = new_obj(w[0], K_RING);
		ask(a, "ring");
		add_fd(a, got("fd"), o, true);
	} else if (!strcmp(op, "ringreg")) { /* RING LABEL */
		NEED(2);
		int r = find_obj(w[0]), o = find_obj(w[1]);
		ask(a, "ringreg %d %d", pick_fd(a, r, NULL), pick_fd(a, o, NULL));
		objects[r].file_of = o;
	} else {
		return false;
	}
	return true;
}
