/* Words, numbers and quotes of a scenario. */
#include "stage.h"

#include <ctype.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>

void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "stage: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	_exit(1);
}

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* ------------------------------------------------------------------ words */
/* Split a line into words; "..." quotes, with \n \t \\ \" inside. */
int split(char *s, char **w, int max)
{
	int n = 0;
	while (*s) {
		while (isspace((unsigned char)*s))
			s++;
		if (!*s || (*s == '#' && n == 0))
			break;
		if (n == max)
			return -1;
		char *o = s;
		w[n++] = o;
		bool q = false;
		while (*s && (q || !isspace((unsigned char)*s))) {
			if (*s == '"') {
				q = !q;
				s++;
			} else if (q && *s == '\\' && s[1]) {
				s++;
				*o++ = *s == 'n' ? '\n' : *s == 't' ? '\t' : *s;
				s++;
			} else {
				*o++ = *s++;
			}
		}
		bool end = !*s;
		*o = 0;
		if (!end)
			s++;
	}
	return n;
}

uint64_t parse_size(const char *s)
{
	char *e;
	uint64_t v = strtoull(s, &e, 0);
	if (*e == 'K' || *e == 'k')
		v <<= 10;
	else if (*e == 'M' || *e == 'm')
		v <<= 20;
	else if (*e)
		die("bad size '%s'", s);
	return v;
}

const char *opt(char **w, int n, const char *key)
{
	size_t l = strlen(key);
	for (int i = 0; i < n; i++)
		if (!strncmp(w[i], key, l) && w[i][l] == '=')
			return w[i] + l + 1;
	return NULL;
}

bool flag(char **w, int n, const char *key)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(w[i], key))
			return true;
	return false;
}

void quote(const char *s, char *o, size_t max)
{
	size_t n = 0;
	o[n++] = '"';
	for (; *s && n + 4 < max; s++) {
		if (*s == '"' || *s == '\\')
			o[n++] = '\\';
		if (*s == '\n') {
			o[n++] = '\\';
			o[n++] = 'n';
		} else {
			o[n++] = *s;
		}
	}
	o[n++] = '"';
	o[n] = 0;
}

int parse_prot(const char *s)
{
	return (strchr(s, 'r') ? PROT_READ : 0) | (strchr(s, 'w') ? PROT_WRITE : 0) | (strchr(s, 'x') ? PROT_EXEC : 0);
}
