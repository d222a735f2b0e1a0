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

void task_comm(pid_t tgid, pid_t tid, char *comm, size_t room)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task/%d/comm", tgid, tid);
	if (read_file(AT_FDCWD, path, comm, room) <= 0)
		comm[0] = 0;
	comm[strcspn(comm, "\n")] = 0;
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

/* The numbers at the start of the lines that begin with `head` and a blank, ascending, behind `word`. */
static size_t put_numbers(const char *info, const char *head, const char *word, char *text, size_t room)
{
	int numbers[256], count = 0;
	for (const char *line = info; line != NULL && count < 256; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, head, strlen(head)) == 0)
			numbers[count++] = atoi(line + strlen(head));
	}
	qsort(numbers, (size_t)count, sizeof *numbers, by_number);
	size_t length = (size_t)snprintf(text, room, " %s", word);
	for (int at = 0; at < count; at++)
		length += (size_t)snprintf(text + length, room - length, " %d", numbers[at]);
	return length;
}

/* What an epoll file watches, or which slots of how many a ring has filled. */
static size_t put_kept(const char *link, const char *info, char *text, size_t room)
{
	if (strcmp(link, "anon_inode:[eventpoll]") == 0)
		return put_numbers(info, "tfd:", "watches", text, room);
	const char *files = strstr(info, "UserFiles:");
	if (strcmp(link, "anon_inode:[io_uring]") != 0 || files == NULL)
		return 0;
	size_t length = (size_t)snprintf(text, room, " of %d", atoi(files + 10));
	return length + put_numbers(files, "    ", "has", text + length, room - length);
}

/* `f FD ACCMODE CLOEXEC SIZE IN_FLIGHT LINK` */
static size_t put_fd(int directory, int fd, char *text, size_t room)
{
	char path[32], link[300] = "", info[16384], kept[2048] = "";
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
	put_kept(link, info, kept, sizeof kept);
	return (size_t)snprintf(text, room, "f %d %u %d %ld %ld %s%s\n", fd, flags & O_ACCMODE, (flags & O_CLOEXEC) != 0,
				(long)status.st_size, in_flight, link, kept);
}

/* Of a line of maps: where the path begins if it is a buffer's or a ring's. A segment's key is made one of the program's. */
static char *path_of_interest(char *line, size_t length)
{
	static const char *const kinds[] = { "/memfd:", "anon_inode:[io_uring]", "/SYSV" };
	for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
		char *path = memmem(line, length, kinds[kind], strlen(kinds[kind]));
		if (path == NULL)
			continue;
		unsigned key;
		if (sscanf(path, "/SYSV%8x", &key) != 1)
			return path;
		if (strtoul(line, NULL, 16) == (uintptr_t)stage)
			return NULL;
		char digits[9];
		snprintf(digits, sizeof digits, "%08x", key == 0 ? 0 : key - (unsigned)stage->key_base);
		memcpy(path + 5, digits, 8);
		return path;
	}
	return NULL;
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
		char *path = path_of_interest(line, (size_t)(next - line));
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
