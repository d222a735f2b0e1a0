/* ftrace, where asked for. */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>

#define TR "/sys/kernel/tracing/"

static int tr_write(const char *file, const char *text, bool append)
{
	char p[256];
	snprintf(p, sizeof p, TR "%s", file);
	int fd = open(p, O_WRONLY | O_CLOEXEC | (append ? O_APPEND : O_TRUNC));
	if (fd < 0)
		return -1;
	ssize_t r = write(fd, text, strlen(text));
	close(fd);
	return r < 0 ? -1 : 0;
}

void trace_start(void)
{
	static const char *const ev[] = { "sched/sched_process_fork", "sched/sched_process_exec", "sched/sched_process_exit",
					  "task/task_newtask", "task/task_rename" };
	static const char *const sc[] = { "memfd_create", "ftruncate", "openat", "close", "close_range", "dup", "dup2", "dup3",
					  "fcntl", "mmap", "munmap", "mremap", "mprotect", "madvise", "sendmsg", "recvmsg",
					  "clone", "clone3", "fork", "vfork", "execve", "exit", "exit_group", "unshare", "ioctl",
					  "shmget", "shmat", "shmdt", "shmctl", "pidfd_getfd", "io_uring_register", "unlink" };
	/* Probes on kernel functions, typed by BTF where the kernel has it: these tell which
	 * file object an fd number means, which no system call event does. */
	static const char *const kp[] = {
		"p:rk/fd_install fd_install fd=fd:u32 dev=file->f_inode->i_sb->s_dev:u32 ino=file->f_inode->i_ino:u64 size=file->f_inode->i_size:u64",
		/* every way to drop an fd: close(2), close_range, dup2, exec, exit (6.6 and later) */
		"p:rk/filp_flush filp_flush dev=filp->f_inode->i_sb->s_dev:u32 ino=filp->f_inode->i_ino:u64",
		"p:rk/dma_buf_file_release dma_buf_file_release ino=inode->i_ino:u64 size=inode->i_size:u64",
		"r:rk/dma_buf_export dma_buf_export size=$retval->size:u64 exp=$retval->exp_name:string ino=$retval->file->f_inode->i_ino:u64",
	};
	tr_write("tracing_on", "0", false);
	tr_write("trace", "", false);
	tr_write("trace_clock", "mono", false);
	tr_write("buffer_size_kb", "8192", false);
	char p[300];
	for (size_t i = 0; i < sizeof ev / sizeof *ev; i++) {
		snprintf(p, sizeof p, "events/%s/enable", ev[i]);
		if (tr_write(p, "1", false))
			fprintf(stderr, "stage: no trace event %s\n", ev[i]);
	}
	for (size_t i = 0; i < sizeof sc / sizeof *sc; i++)
		for (int k = 0; k < 2; k++) {
			snprintf(p, sizeof p, "events/syscalls/sys_%s_%s/enable", k ? "exit" : "enter", sc[i]);
			if (tr_write(p, "1", false))
				fprintf(stderr, "stage: no trace event %s\n", p);
		}
	for (size_t i = 0; i < sizeof kp / sizeof *kp; i++)
		if (tr_write("kprobe_events", kp[i], true))
			fprintf(stderr, "stage: no kernel probe '%.40s...': %s\n", kp[i], strerror(errno));
	tr_write("events/rk/enable", "1", false);
	tr_write("tracing_on", "1", false);
}

void trace_pause(bool pause) { if (g_ftrace) tr_write("tracing_on", pause ? "0" : "1", false); }

void trace_mark(const char *text)
{
	if (g_ftrace)
		tr_write("trace_marker", text, false);
}

void trace_stop(void)
{
	if (!g_ftrace)
		return;
	tr_write("tracing_on", "0", false);
	char p[600];
	static const char *const names[] = { "trace", "saved_cmdlines", "kprobe_events" };
	for (int i = 0; i < 3; i++) {
		snprintf(p, sizeof p, TR "%s", names[i]);
		int in = open(p, O_RDONLY | O_CLOEXEC);
		snprintf(p, sizeof p, "%s/ftrace-%s.txt", g_out, names[i]);
		int out = open(p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		char b[65536];
		ssize_t r;
		while (in >= 0 && out >= 0 && (r = read(in, b, sizeof b)) > 0)
			if (write(out, b, r) != r)
				die("%s: short write", p);
		close(in);
		close(out);
	}
	tr_write("events/enable", "0", false);
	tr_write("kprobe_events", "", false);
}
