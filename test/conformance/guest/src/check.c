/* The model against /proc: a doubt about the truth must be loud. */
#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <sys/sysmacros.h>

/* Model against /proc: a doubt about the ground truth must be loud. */
void self_check(const char *step)
{
	for (int a = 0; a < n_actors; a++) {
		char p[128];
		if (actors[a].st != ALIVE)
			continue;
		int seen_fd[MAXOBJ] = { 0 }, want_fd[MAXOBJ] = { 0 };
		uint64_t seen_map[MAXOBJ] = { 0 }, want_map[MAXOBJ] = { 0 };
		for (int i = 0; i < MAXFD; i++)
			if (tables[actors[a].ft]->fd[i].obj >= 0)
				want_fd[tables[actors[a].ft]->fd[i].obj]++;
		for (int i = 0; i < spaces[actors[a].mm]->n; i++)
			want_map[spaces[actors[a].mm]->m[i].obj] += spaces[actors[a].mm]->m[i].len;
		snprintf(p, sizeof p, "/proc/%d/task/%d/fd", actors[a].pid, actors[a].tid);
		DIR *d = opendir(p);
		struct dirent *e;
		while (d && (e = readdir(d))) {
			struct stat s;
			if (fstatat(dirfd(d), e->d_name, &s, 0) < 0)
				continue;
			for (int i = 0; i < n_objects; i++)
				if ((objects[i].kind == K_MEMFD || objects[i].kind == K_SHM || objects[i].kind == K_DMABUF) && objects[i].ino == s.st_ino &&
				    objects[i].dmaj == major(s.st_dev) && objects[i].dmin == minor(s.st_dev))
					seen_fd[i]++;
		}
		if (d)
			closedir(d);
		else
			fprintf(g_check, "%s: cannot read %s: %s\n", step, p, strerror(errno));
		snprintf(p, sizeof p, "/proc/%d/task/%d/maps", actors[a].pid, actors[a].tid);
		FILE *f = fopen(p, "r");
		char l[1024];
		while (f && fgets(l, sizeof l, f)) {
			unsigned long long s, en, off, ino;
			unsigned ma, mi;
			int at = 0;
			if (sscanf(l, "%llx-%llx %*s %llx %x:%x %llu %n", &s, &en, &off, &ma, &mi, &ino, &at) < 6)
				continue;
			bool sysv = !strncmp(l + at, "/SYSV", 5);
			for (int i = 0; i < n_objects; i++) {
				bool k = objects[i].kind == K_MEMFD || objects[i].kind == K_SHM || objects[i].kind == K_DMABUF;
				if (k && !sysv && ino && objects[i].ino == ino && objects[i].dmaj == ma && objects[i].dmin == mi)
					seen_map[i] += en - s;
				if (objects[i].kind == K_SYSV && sysv && (unsigned long long)objects[i].id == ino)
					seen_map[i] += en - s;
			}
		}
		if (f)
			fclose(f);
		for (int i = 0; i < n_objects; i++) {
			bool checked = objects[i].kind == K_MEMFD || objects[i].kind == K_SHM || objects[i].kind == K_DMABUF;
			if (checked && seen_fd[i] != want_fd[i]) {
				g_bad++;
				fprintf(g_check, "%s: %s: fds on %s: model %d, /proc %d\n", step, actors[a].label, objects[i].label, want_fd[i], seen_fd[i]);
			}
			if ((checked || objects[i].kind == K_SYSV) && seen_map[i] != want_map[i]) {
				g_bad++;
				fprintf(g_check, "%s: %s: mapped bytes of %s: model %llu, /proc %llu\n", step, actors[a].label, objects[i].label,
					(unsigned long long)want_map[i], (unsigned long long)seen_map[i]);
			}
		}
	}
	/* dma-bufs alive by the model = those debugfs lists (it also lists others') */
	FILE *f = fopen("/sys/kernel/debug/dma_buf/bufinfo", "r");
	if (f) {
		bool in[MAXOBJ] = { false };
		long refs[MAXOBJ] = { 0 };
		char l[1024];
		while (fgets(l, sizeof l, f)) {
			unsigned long long size, ino;
			unsigned fl, mo;
			long cnt;
			char exp[64];
			if (sscanf(l, "%llu %x %x %ld %63s %llu", &size, &fl, &mo, &cnt, exp, &ino) == 6)
				for (int i = 0; i < n_objects; i++)
					if (objects[i].kind == K_DMABUF && objects[i].ino == ino) {
						in[i] = true;
						refs[i] = cnt;
					}
		}
		fclose(f);
		for (int i = 0; i < n_objects; i++) {
			/* without GEM in the game, the reference count is known exactly */
			bool gem = objects[i].from >= 0 && objects[objects[i].from].kind == K_GEM;
			long want = count_fds(i) + count_maps(i) + count_fly(i);
			for (int j = 0; j < n_objects; j++) {
				gem |= objects[j].kind == K_GEM && objects[j].from == i;
				want += objects[j].kind == K_RING && objects[j].file_of == i && alive(j, 0);
			}
			if (objects[i].kind == K_DMABUF && in[i] && !gem && refs[i] != want) {
				g_bad++;
				fprintf(g_check, "%s: dma-buf %s: model %ld references, bufinfo %ld\n", step, objects[i].label, want, refs[i]);
			}
		}
		for (int i = 0; i < n_objects; i++)
			if (objects[i].kind == K_DMABUF && in[i] != alive(i, 0)) {
				g_bad++;
				fprintf(g_check, "%s: dma-buf %s: model %s, bufinfo %s\n", step, objects[i].label,
					alive(i, 0) ? "alive" : "freed", in[i] ? "lists it" : "does not list it");
			}
	}
	fflush(g_check);
}
