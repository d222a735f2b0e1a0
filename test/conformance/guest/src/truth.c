/* The truth files and the log of events. */
#include "stage.h"

#include <errno.h>
#include <sys/mman.h>

static const char *const kind_name[] = { "memfd", "posix-shm", "sysv-shm", "dma-buf", "gem", "drm-file", "io_uring" };
static const char *const st_name[] = { "alive", "zombie", "gone" };

/* ------------------------------------------------------------------- JSON */
void jstr(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		unsigned char c = *s;
		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 32)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void prot_str(int p, bool priv, char *o)
{
	o[0] = p & PROT_READ ? 'r' : '-';
	o[1] = p & PROT_WRITE ? 'w' : '-';
	o[2] = p & PROT_EXEC ? 'x' : '-';
	o[3] = priv ? 'p' : 's';
	o[4] = 0;
}

void write_truth(const char *path, const char *name, const char *note)
{
	FILE *f = fopen(path, "w");
	if (!f)
		die("%s: %s", path, strerror(errno));
	fprintf(f, "{\n \"step\": %d, \"name\": ", g_step);
	jstr(f, name);
	fprintf(f, ", \"note\": ");
	jstr(f, note ? note : "");
	fprintf(f, ",\n \"actors\": [");
	for (int i = 0, c = 0; i < n_actors; i++) {
		fprintf(f, "%s\n  {\"label\": ", c++ ? "," : "");
		jstr(f, actors[i].label);
		fprintf(f, ", \"pid\": %d, \"tid\": %d, \"state\": \"%s\", \"file_table\": %d, \"address_space\": %d, \"parent\": ",
			actors[i].pid, actors[i].tid, st_name[actors[i].st], actors[i].ft, actors[i].mm);
		jstr(f, actors[i].leader != i ? actors[actors[i].leader].label : actors[i].parent < 0 ? "director" : actors[actors[i].parent].label);
		fprintf(f, ", \"kind\": \"%s\"}", actors[i].leader == i ? "process" : "thread");
	}
	fprintf(f, "\n ],\n \"buffers\": [");
	for (int i = 0, c = 0; i < n_objects; i++) {
		struct object *o = &objects[i];
		fprintf(f, "%s\n  {\"label\": ", c++ ? "," : "");
		jstr(f, o->label);
		fprintf(f, ", \"kind\": \"%s\", \"alive\": %s, \"size\": %llu, \"name\": ", kind_name[o->kind],
			alive(i, 0) ? "true" : "false", (unsigned long long)o->size);
		jstr(f, o->name);
		if (o->exporter[0]) {
			fprintf(f, ", \"exporter\": ");
			jstr(f, o->exporter);
		}
		if (o->ino || o->dmaj || o->dmin)
			fprintf(f, ", \"dev\": \"%u:%u\", \"ino\": %llu", o->dmaj, o->dmin, (unsigned long long)o->ino);
		if (o->path[0]) {
			fprintf(f, ", \"path\": ");
			jstr(f, o->path);
		}
		if (o->kind == K_SYSV)
			fprintf(f, ", \"shmid\": %d", o->id);
		if (o->kind == K_GEM && o->id > 0)
			fprintf(f, ", \"flink\": %d", o->id);
		if (o->kind == K_SYSV || o->kind == K_SHM)
			fprintf(f, ", \"name_removed\": %s", o->removed ? "true" : "false");
		if (o->seals[0]) {
			fprintf(f, ", \"seals\": ");
			jstr(f, o->seals);
		}
		if (o->from >= 0) {
			fprintf(f, ", \"%s\": ", o->kind == K_DMABUF && objects[o->from].kind == K_MEMFD ? "pages_of" :
						o->kind == K_DMABUF ? "exported_from" : "imported_from");
			jstr(f, objects[o->from].label);
		}
		fprintf(f, ",\n   \"fds\": [");
		int k = 0;
		for (int a = 0; a < n_actors; a++)
			if (actors[a].st == ALIVE)
				for (int d = 0; d < MAXFD; d++)
					if (tables[actors[a].ft]->fd[d].obj == i)
						fprintf(f, "%s{\"actor\": \"%s\", \"pid\": %d, \"tid\": %d, \"fd\": %d, \"cloexec\": %s}",
							k++ ? ", " : "", actors[a].label, actors[a].pid, actors[a].tid, d,
							tables[actors[a].ft]->fd[d].cloexec ? "true" : "false");
		fprintf(f, "],\n   \"maps\": [");
		k = 0;
		for (int a = 0; a < n_actors; a++)
			if (actors[a].st == ALIVE)
				for (int d = 0; d < spaces[actors[a].mm]->n; d++) {
					struct mapping *x = &spaces[actors[a].mm]->m[d];
					char pr[5];
					if (x->obj != i)
						continue;
					prot_str(x->prot, x->priv, pr);
					fprintf(f, "%s{\"actor\": \"%s\", \"pid\": %d, \"tid\": %d, \"start\": \"%llx\", \"length\": %llu, \"offset\": %llu, \"perms\": \"%s\"}",
						k++ ? ", " : "", actors[a].label, actors[a].pid, actors[a].tid, (unsigned long long)x->start,
						(unsigned long long)x->len, (unsigned long long)x->off, pr);
				}
		fprintf(f, "]");
		if (count_fly(i)) {
			fprintf(f, ",\n   \"in_flight\": [");
			k = 0;
			for (int x = 0; x < n_flights; x++)
				for (int j = 0; j < flights[x].n; j++)
					if (flights[x].obj[j] == i)
						fprintf(f, "%s{\"from\": \"%s\", \"to\": \"%s\"}", k++ ? ", " : "",
							actors[flights[x].from].label, actors[flights[x].to].label);
			fprintf(f, "]");
		}
		k = 0;
		for (int x = 0; x < n_objects; x++)
			if (objects[x].kind == K_RING && objects[x].file_of == i && alive(x, 0))
				fprintf(f, "%s{\"ring\": \"%s\"}", k++ ? ", " : ",\n   \"registered_in\": [", objects[x].label);
		if (k)
			fprintf(f, "]");
		if (o->kind == K_GEM) {
			for (int fb = 0; fb < 2; fb++) {
				fprintf(f, ",\n   \"%s\": [", fb ? "framebuffers" : "handles");
				k = 0;
				for (int x = 0; x < n_objects; x++)
					if (objects[x].kind == K_DRM && file_open(x, 0))
						for (int j = 0; j < objects[x].nh; j++)
							if (objects[x].h[j].gem == i && objects[x].h[j].fb == fb)
								fprintf(f, "%s{\"drm_file\": \"%s\", \"%s\": %d}", k++ ? ", " : "",
									objects[x].label, fb ? "fb" : "handle", objects[x].h[j].handle);
				fprintf(f, "]");
			}
		}
		fprintf(f, "}");
	}
	fprintf(f, "\n ]\n}\n");
	if (fclose(f))
		die("%s: %s", path, strerror(errno));
}

void event(const char *who, int pid, char **w, int n)
{
	fprintf(g_events, "{\"t_ns\": %llu, \"line\": %d, \"actor\": ", (unsigned long long)now_ns(), g_line);
	jstr(g_events, who);
	fprintf(g_events, ", \"pid\": %d, \"op\": [", pid);
	for (int i = 0; i < n; i++) {
		if (i)
			fputs(", ", g_events);
		jstr(g_events, w[i]);
	}
	fprintf(g_events, "], \"reply\": ");
	jstr(g_events, g_reply);
	fprintf(g_events, "}\n");
}
