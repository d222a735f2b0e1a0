/* Operations on files in shmem, dma-bufs and mappings. */
#include "stage.h"

#include <fcntl.h>
#include <sys/mman.h>

/* Memfds, /dev/shm, dma-bufs. */
bool operate_files(int a, const char *op, char **w, int n)
{
	bool ce = flag(w, n, "cloexec");
	const char *nm = opt(w, n, "name");
	char q[300];
	if (!strcmp(op, "memfd")) {
		NEED(2);
		int o = new_obj(w[0], K_MEMFD);
		objects[o].size = parse_size(w[1]);
		snprintf(objects[o].name, sizeof objects[o].name, "%s", nm ? nm : w[0]);
		quote(objects[o].name, q, sizeof q);
		const char *t = opt(w, n, "touch");
		ask(a, "memfd %s %llu %u %llu", q, (unsigned long long)objects[o].size,
		    (ce ? MFD_CLOEXEC : 0) | (flag(w, n, "sealable") ? MFD_ALLOW_SEALING : 0),
		    t ? (unsigned long long)parse_size(t) : 0ull);
		take_id(o);
		add_fd(a, got("fd"), o, ce);
	} else if (!strcmp(op, "seal")) { /* LABEL SEAL... */
		NEED(2);
		int o = find_obj(w[0]), s = 0;
		for (int i = 1; i < n; i++) {
			int one = !strcmp(w[i], "shrink") ? F_SEAL_SHRINK : !strcmp(w[i], "grow") ? F_SEAL_GROW :
				  !strcmp(w[i], "write") ? F_SEAL_WRITE : !strcmp(w[i], "future_write") ? F_SEAL_FUTURE_WRITE :
				  !strcmp(w[i], "seal") ? F_SEAL_SEAL : 0;
			if (!one)
				die("line %d: no seal '%s'", g_line, w[i]);
			s |= one;
		}
		ask(a, "seals %d %d", pick_fd(a, o, NULL), s);
		for (int i = 1; i < n; i++) {
			size_t l = strlen(objects[o].seals);
			snprintf(objects[o].seals + l, sizeof objects[o].seals - l, "%s%s", l ? "," : "", w[i]);
		}
	} else if (!strcmp(op, "shm")) { /* LABEL /dev/shm name SIZE */
		NEED(3);
		int o = new_obj(w[0], K_SHM);
		objects[o].size = parse_size(w[2]);
		snprintf(objects[o].name, sizeof objects[o].name, "%s", w[1]);
		snprintf(objects[o].path, sizeof objects[o].path, "/dev/shm/%.60s", w[1]);
		quote(objects[o].path, q, sizeof q);
		ask(a, "open %s %d %llu", q, O_RDWR | O_CREAT | O_EXCL | (ce ? O_CLOEXEC : 0), (unsigned long long)objects[o].size);
		take_id(o);
		add_fd(a, got("fd"), o, ce);
	} else if (!strcmp(op, "shmopen")) { /* open an existing one by its name */
		NEED(1);
		int o = find_obj(w[0]);
		quote(objects[o].path, q, sizeof q);
		ask(a, "open %s %d 0", q, (flag(w, n, "ro") ? O_RDONLY : O_RDWR) | (ce ? O_CLOEXEC : 0));
		add_fd(a, got("fd"), o, ce);
	} else if (!strcmp(op, "unlink")) {
		NEED(1);
		int o = find_obj(w[0]);
		quote(objects[o].path, q, sizeof q);
		ask(a, "unlink %s", q);
		objects[o].removed = true;
	} else if (!strcmp(op, "udmabuf") || !strcmp(op, "heap")) {
		NEED(2);
		bool heap = op[0] == 'h';
		int o = new_obj(w[0], K_DMABUF);
		objects[o].size = parse_size(w[1]);
		const char *from = opt(w, n, "from"), *hp = opt(w, n, "heap");
		snprintf(objects[o].exporter, sizeof objects[o].exporter, "%s", heap ? (hp ? hp : "system") : "udmabuf");
		int mf = -1;
		if (from) {
			objects[o].from = find_obj(from);
			mf = pick_fd(a, objects[o].from, NULL);
		}
		if (heap)
			ask(a, "heap /dev/dma_heap/%s %llu %d", hp ? hp : "system", (unsigned long long)objects[o].size, ce);
		else
			ask(a, "udmabuf %d %llu %d", mf, (unsigned long long)objects[o].size, ce);
		take_id(o);
		int fd = got("fd");
		add_fd(a, fd, o, ce);
		if (nm) {
			snprintf(objects[o].name, sizeof objects[o].name, "%s", nm);
			quote(nm, q, sizeof q);
			ask(a, "setname %d %s", fd, q);
		}
	} else if (!strcmp(op, "setname")) {
		NEED(2);
		int o = find_obj(w[0]);
		quote(w[1], q, sizeof q);
		ask(a, "setname %d %s", pick_fd(a, o, NULL), q);
		snprintf(objects[o].name, sizeof objects[o].name, "%s", w[1]);
	} else {
		return false;
	}
	return true;
}

/* Mappings. */
bool operate_mappings(int a, const char *op, char **w, int n)
{
	if (!strcmp(op, "mmap")) {
		NEED(1);
		int o = find_obj(w[0]);
		const char *l = opt(w, n, "len"), *of = opt(w, n, "off"), *pr = opt(w, n, "prot");
		uint64_t len = l ? parse_size(l) : objects[o].size, off = of ? parse_size(of) : 0;
		int prot = parse_prot(pr ? pr : "rw");
		bool priv = flag(w, n, "private");
		len = (len + 4095) & ~4095ull;
		ask(a, "mmap %d %llu %llu %d %d %llu", pick_fd(a, o, opt(w, n, "fd")), (unsigned long long)len,
		    (unsigned long long)off, prot, priv ? MAP_PRIVATE : MAP_SHARED,
		    flag(w, n, "touch") ? (unsigned long long)len : 0ull);
		add_map(a, (struct mapping){ .obj = o, .via = -1, .start = got("addr"), .len = len, .off = off, .prot = prot, .priv = priv });
	} else if (!strcmp(op, "munmap")) { /* LABEL [n=K] [at=OFF len=LEN]: whole or part */
		NEED(1);
		const char *k = opt(w, n, "n"), *at = opt(w, n, "at"), *l = opt(w, n, "len");
		struct mapping *x = pick_map(a, find_obj(w[0]), k ? atoi(k) : 0);
		uint64_t s = x->start + (at ? parse_size(at) : 0), len = l ? parse_size(l) : x->len - (s - x->start);
		ask(a, "munmap %llu %llu", (unsigned long long)s, (unsigned long long)len);
		cut_map(a, s, len);
	} else if (!strcmp(op, "mprotect")) { /* LABEL at=OFF len=LEN prot=P */
		NEED(1);
		const char *at = opt(w, n, "at"), *l = opt(w, n, "len"), *pr = opt(w, n, "prot");
		int o = find_obj(w[0]);
		struct mapping x = *pick_map(a, o, 0);
		uint64_t s = x.start + (at ? parse_size(at) : 0), len = l ? parse_size(l) : x.len;
		int prot = parse_prot(pr ? pr : "r");
		ask(a, "mprotect %llu %llu %d", (unsigned long long)s, (unsigned long long)len, prot);
		cut_map(a, s, len);
		x.off += s - x.start;
		x.start = s;
		x.len = len;
		x.prot = prot;
		add_map(a, x);
	} else if (!strcmp(op, "mremap")) { /* LABEL len=NEW */
		NEED(1);
		const char *l = opt(w, n, "len");
		int o = find_obj(w[0]);
		struct mapping x = *pick_map(a, o, 0);
		uint64_t len = l ? parse_size(l) : x.len;
		ask(a, "mremap %llu %llu %llu", (unsigned long long)x.start, (unsigned long long)x.len, (unsigned long long)len);
		cut_map(a, x.start, x.len);
		x.start = got("addr");
		x.len = len;
		add_map(a, x);
	} else if (!strcmp(op, "dontfork")) {
		NEED(1);
		struct mapping *x = pick_map(a, find_obj(w[0]), 0);
		ask(a, "madvise %llu %llu %d", (unsigned long long)x->start, (unsigned long long)x->len, MADV_DONTFORK);
		x->dontfork = true;
	} else {
		return false;
	}
	return true;
}
