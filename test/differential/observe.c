/* What /proc shows of one task: its descriptors in order, then its mappings of memfds. */
#define _GNU_SOURCE
#include "perform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kSockets = 256, kFds = 1024 };

static struct {
	uint64_t inode;
	int label, end;
} sockets[kSockets];
static int socket_count;

void name_socket(uint64_t inode, int label, int end)
{
	if (socket_count == kSockets)
		return;
	sockets[socket_count].inode = inode;
	sockets[socket_count].label = label;
	sockets[socket_count++].end = end;
}

void forget_sockets(void)
{
	socket_count = 0;
}

static ssize_t read_file(int directory, const char *path, char *text, size_t room)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t length = 0;
	ssize_t part;
	while (length < room - 1 && (part = read(fd, text + length, room - 1 - length)) > 0)
		length += (size_t)part;
	close(fd);
	text[length] = 0;
	return (ssize_t)length;
}

char task_state(pid_t tgid, pid_t tid)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", tgid, tid);
	if (read_file(AT_FDCWD, path, text, sizeof text) <= 0)
		return 0;
	const char *close_paren = strrchr(text, ')');
	return close_paren == NULL ? 0 : close_paren[2];
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int list_fds(int directory, int *fds)
{
	int fd = openat(directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	if (entries == NULL)
		return -1;
	int count = 0;
	for (struct dirent *entry; (entry = readdir(entries)) != NULL && count < kFds;)
		if (entry->d_name[0] != '.')
			fds[count++] = atoi(entry->d_name);
	closedir(entries);
	qsort(fds, (size_t)count, sizeof *fds, by_number);
	return count;
}

/* A socket's link has its label for its inode. */
static void put_link(char *link, size_t room)
{
	unsigned long inode;
	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return;
	for (int at = socket_count - 1; at >= 0; at--)
		if (sockets[at].inode == inode) {
			snprintf(link, room, "socket:s%d.%d", sockets[at].label, sockets[at].end);
			return;
		}
}

/* `f FD ACCMODE CLOEXEC SIZE IN_FLIGHT LINK` */
static size_t put_fd(int directory, int fd, char *text, size_t room)
{
	char path[32], link[300] = "", info[1024];
	struct stat status = { 0 };
	unsigned flags = 0;
	long in_flight = 0;
	snprintf(path, sizeof path, "fd/%d", fd);
	ssize_t length = readlinkat(directory, path, link, sizeof link - 1);
	link[length < 0 ? 0 : length] = 0;
	fstatat(directory, path, &status, 0);
	snprintf(path, sizeof path, "fdinfo/%d", fd);
	if (read_file(directory, path, info, sizeof info) < 0)
		return 0;
	const char *line = strstr(info, "flags:");
	if (line != NULL)
		flags = (unsigned)strtoul(line + 6, NULL, 8);
	line = strstr(info, "scm_fds:");
	if (line != NULL)
		in_flight = strtol(line + 8, NULL, 10);
	put_link(link, sizeof link);
	return (size_t)snprintf(text, room, "f %d %u %d %ld %ld %s\n", fd, flags & O_ACCMODE, (flags & O_CLOEXEC) != 0,
				(long)status.st_size, in_flight, link);
}

/* `m START-END PERMS OFFSET PATH`, the columns as they stand in maps. */
static size_t put_maps(int directory, char *text, size_t room)
{
	static char maps[1 << 18];
	size_t length = 0;
	if (read_file(directory, "maps", maps, sizeof maps) < 0)
		return 0;
	for (char *line = maps, *next; *line; line = next) {
		next = strchr(line, '\n');
		next = next == NULL ? line + strlen(line) : next + 1;
		char *path = memmem(line, (size_t)(next - line), "/memfd:", 7);
		char range[64], perms[8], offset[32];
		if (path == NULL || sscanf(line, "%63s %7s %31s", range, perms, offset) != 3)
			continue;
		int end = (int)(next - path);
		length += (size_t)snprintf(text + length, room - length, "m %s %s %s %.*s", range, perms, offset, end, path);
	}
	return length;
}

ssize_t observe(pid_t tgid, pid_t tid, char *text, size_t room)
{
	char path[64];
	int fds[kFds];
	snprintf(path, sizeof path, "/proc/%d/task/%d", tgid, tid);
	int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	size_t length = 0;
	int count = list_fds(directory, fds);
	for (int at = 0; at < count && length < room - 512; at++)
		length += put_fd(directory, fds[at], text + length, room - length);
	if (length < room - 512)
		length += put_maps(directory, text + length, room - length);
	close(directory);
	return (ssize_t)length;
}
