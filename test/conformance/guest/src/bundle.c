/* Bundles of what the kernel shows; their form is told in stage.c. */
#include "stage.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

/* -------------------------------------------------------------- snapshots */
/* Paths in record heads: space is \\s, newline \\n, backslash \\\\. */
static const char *esc(const char *p)
{
	static char b[2][2048];
	static int k;
	char *o = b[k ^= 1], *e = o + sizeof b[0] - 3;
	char *r = o;
	for (; *p && o < e; p++) {
		if (*p == ' ' || *p == '\n' || *p == '\\') {
			*o++ = '\\';
			*o++ = *p == ' ' ? 's' : *p == '\n' ? 'n' : '\\';
		} else {
			*o++ = *p;
		}
	}
	*o = 0;
	return r;
}

static void snap_stat(FILE *f, const struct stat *s)
{
	fprintf(f, " dev=%u:%u ino=%llu mode=%o size=%llu blocks=%llu", major(s->st_dev), minor(s->st_dev),
		(unsigned long long)s->st_ino, s->st_mode, (unsigned long long)s->st_size, (unsigned long long)s->st_blocks);
}

static void snap_file(FILE *f, const char *real, const char *path)
{
	int fd = open(real, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(f, "@error %s %s\n", esc(path), strerrorname_np(errno));
		return;
	}
	size_t cap = 1 << 16, n = 0;
	char *b = malloc(cap);
	ssize_t r;
	while ((r = read(fd, b + n, cap - n)) > 0) {
		n += r;
		if (n == cap)
			b = realloc(b, cap *= 2);
	}
	if (r < 0)
		fprintf(f, "@error %s %s\n", esc(path), strerrorname_np(errno));
	close(fd);
	if (r >= 0 || n) {
		fprintf(f, "@file %s %zu\n", esc(path), n);
		fwrite(b, 1, n, f);
		fputc('\n', f);
	}
	free(b);
}

static void snap_link(FILE *f, const char *real, const char *path)
{
	char t[4096];
	ssize_t n = readlink(real, t, sizeof t);
	if (n < 0) {
		fprintf(f, "@error %s %s\n", esc(path), strerrorname_np(errno));
		return;
	}
	struct stat s, l;
	fprintf(f, "@link %s %zd", esc(path), n);
	if (stat(real, &s) == 0)
		snap_stat(f, &s);
	if (lstat(real, &l) == 0)
		fprintf(f, " lmode=%o", l.st_mode);
	fputc('\n', f);
	fwrite(t, 1, n, f);
	fputc('\n', f);
}

int by_number(const struct dirent **a, const struct dirent **b)
{
	long x = strtol((*a)->d_name, NULL, 10), y = strtol((*b)->d_name, NULL, 10);
	return x < y ? -1 : x > y ? 1 : strcmp((*a)->d_name, (*b)->d_name);
}

static void snap_dir(FILE *f, const char *dir, bool links)
{
	char full[600], p[1024];
	snprintf(full, sizeof full, "/%s", dir);
	struct dirent **e;
	int n = scandir(full, &e, NULL, by_number);
	if (n < 0) {
		fprintf(f, "@error %s %s\n", esc(dir), strerrorname_np(errno));
		return;
	}
	fprintf(f, "@dir %s\n", esc(dir));
	for (int i = 0; i < n; i++) {
		if (e[i]->d_name[0] != '.') {
			snprintf(p, sizeof p, "/%s/%s", dir, e[i]->d_name);
			if (links)
				snap_link(f, p, p + 1);
			else
				snap_file(f, p, p + 1);
		}
		free(e[i]);
	}
	free(e);
}

static void snap_tree(FILE *f, const char *dir, int depth)
{
	char full[600], p[1024];
	snprintf(full, sizeof full, "/%s", dir);
	struct dirent **e;
	int n = scandir(full, &e, NULL, by_number);
	if (n < 0)
		return;
	fprintf(f, "@dir %s\n", esc(dir));
	for (int i = 0; i < n; i++) {
		struct stat s;
		snprintf(p, sizeof p, "/%s/%s", dir, e[i]->d_name);
		if (strcmp(e[i]->d_name, ".") && strcmp(e[i]->d_name, "..") && lstat(p, &s) == 0) {
			if (S_ISDIR(s.st_mode) && depth > 0)
				snap_tree(f, p + 1, depth - 1);
			else if (S_ISREG(s.st_mode))
				snap_file(f, p, p + 1);
			else if (S_ISLNK(s.st_mode))
				snap_link(f, p, p + 1);
		}
		free(e[i]);
	}
	free(e);
}

static void snap_pid(FILE *f, int pid, bool smaps)
{
	static const char *const files[] = { "comm", "cmdline", "stat", "statm", "status", "maps", "smaps_rollup" };
	char p[512], d[512];
	snprintf(d, sizeof d, "proc/%d", pid);
	fprintf(f, "@dir %s\n", d);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(p, sizeof p, "/%s/%s", d, files[i]);
		snap_file(f, p, p + 1);
	}
	if (smaps) {
		snprintf(p, sizeof p, "/%s/smaps", d);
		snap_file(f, p, p + 1);
	}
	snprintf(p, sizeof p, "%s/fd", d);
	snap_dir(f, p, true);
	snprintf(p, sizeof p, "%s/fdinfo", d);
	snap_dir(f, p, false);
	snprintf(p, sizeof p, "%s/map_files", d);
	snap_dir(f, p, true);
	snprintf(p, sizeof p, "/%s/task", d);
	struct dirent **e;
	int n = scandir(p, &e, NULL, by_number);
	for (int i = 0; i < n; i++) {
		if (isdigit((unsigned char)e[i]->d_name[0])) {
			char t[300];
			snprintf(t, sizeof t, "proc/%d/task/%.20s", pid, e[i]->d_name);
			fprintf(f, "@dir %s\n", t);
			snprintf(p, sizeof p, "/%s/comm", t);
			snap_file(f, p, p + 1);
			snprintf(p, sizeof p, "/%s/stat", t);
			snap_file(f, p, p + 1);
			if (atoi(e[i]->d_name) != pid) { /* the leader's are above */
				snprintf(p, sizeof p, "/%s/maps", t);
				snap_file(f, p, p + 1);
				snprintf(p, sizeof p, "%s/fd", t);
				snap_dir(f, p, true);
				snprintf(p, sizeof p, "%s/fdinfo", t);
				snap_dir(f, p, false);
			}
		}
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

static void snap_system(FILE *f)
{
	static const char *const files[] = { "proc/meminfo", "proc/sysvipc/shm", "proc/net/unix", "proc/self/mountinfo",
					     "sys/kernel/debug/dma_buf/bufinfo" };
	char p[256];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(p, sizeof p, "/%s", files[i]);
		snap_file(f, p, files[i]);
	}
	snap_tree(f, "sys/kernel/dmabuf", 4);
	/* debugfs DRM: per-minor directories (0, 1, 128...) and, in newer kernels, links */
	DIR *d = opendir("/sys/kernel/debug/dri");
	struct dirent *e;
	while (d && (e = readdir(d))) {
		static const char *const fl[] = { "name", "clients", "gem_names", "framebuffer", "internal_clients" };
		if (e->d_name[0] == '.')
			continue;
		struct stat s;
		snprintf(p, sizeof p, "/sys/kernel/debug/dri/%.60s", e->d_name);
		if (lstat(p, &s) == 0 && S_ISLNK(s.st_mode)) {
			snap_link(f, p, p + 1);
			continue;
		}
		for (size_t i = 0; i < sizeof fl / sizeof *fl; i++) {
			snprintf(p, sizeof p, "/sys/kernel/debug/dri/%.60s/%s", e->d_name, fl[i]);
			if (access(p, R_OK) == 0)
				snap_file(f, p, p + 1);
		}
	}
	if (d)
		closedir(d);
	struct dirent **n;
	int k = scandir("/dev/shm", &n, NULL, alphasort);
	for (int i = 0; i < k; i++) {
		struct stat s;
		snprintf(p, sizeof p, "/dev/shm/%.200s", n[i]->d_name);
		if (n[i]->d_name[0] != '.' && lstat(p, &s) == 0) {
			fprintf(f, "@stat %s", esc(p + 1));
			snap_stat(f, &s);
			fputc('\n', f);
		}
		free(n[i]);
	}
	if (k >= 0)
		free(n);
}

int write_snap(const char *path, const int *pids, int n, bool smaps)
{
	FILE *f = fopen(path, "w");
	if (!f)
		die("%s: %s", path, strerror(errno));
	fprintf(f, "@bundle 1\n");
	for (int i = 0; i < n; i++)
		snap_pid(f, pids[i], smaps);
	snap_system(f);
	return fclose(f);
}
