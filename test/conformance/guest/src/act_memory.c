/* What an actor does to memory. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>

/* Files in shmem, dma-bufs, mappings. */
bool act_memory(struct me *m, const char *c, char **w, int n)
{
	(void)n;
	if (!strcmp(c, "memfd")) { /* NAME SIZE FLAGS TOUCH */
		int fd = memfd_create(w[1], (unsigned)U(3));
		if (fd >= 0 && ftruncate(fd, U(2)) < 0) {
			close(fd);
			fd = -1;
		}
		if (fd >= 0 && U(4)) {
			char *p = mmap(NULL, U(4), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
			if (p != MAP_FAILED) {
				touch(p, U(4));
				munmap(p, U(4));
			}
		}
		say_fd(m, fd);
	} else if (!strcmp(c, "seals")) { /* FD SEALS */
		say_rc(m, fcntl(I(1), F_ADD_SEALS, I(2)));
	} else if (!strcmp(c, "open")) { /* PATH FLAGS SIZE */
		int fd = open(w[1], (int)U(2), 0600);
		if (fd >= 0 && U(3) && ftruncate(fd, U(3)) < 0) {
			close(fd);
			fd = -1;
		}
		say_fd(m, fd);
	} else if (!strcmp(c, "unlink")) {
		say_rc(m, unlink(w[1]));
	} else if (!strcmp(c, "udmabuf")) { /* MEMFD|-1 SIZE CLOEXEC */
		int mf = I(1), own = mf < 0;
		if (own) {
			mf = memfd_create("udmabuf-backing", MFD_ALLOW_SEALING | MFD_CLOEXEC);
			if (mf >= 0 && (ftruncate(mf, U(2)) < 0 || fcntl(mf, F_ADD_SEALS, F_SEAL_SHRINK) < 0)) {
				say_fd(m, -1);
				return true;
			}
		}
		int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
		struct udmabuf_create u = { .memfd = mf, .flags = I(3) ? UDMABUF_FLAGS_CLOEXEC : 0,
					    .offset = 0, .size = U(2) };
		int fd = dev < 0 ? -1 : ioctl(dev, UDMABUF_CREATE, &u);
		int e = errno;
		if (dev >= 0)
			close(dev);
		if (own)
			close(mf);
		errno = e;
		say_fd(m, fd);
	} else if (!strcmp(c, "heap")) { /* PATH SIZE CLOEXEC */
		int dev = open(w[1], O_RDONLY | O_CLOEXEC);
		struct dma_heap_allocation_data d = { .len = U(2), .fd_flags = O_RDWR | (I(3) ? O_CLOEXEC : 0) };
		int rc = dev < 0 ? -1 : ioctl(dev, DMA_HEAP_IOCTL_ALLOC, &d);
		int e = errno;
		if (dev >= 0)
			close(dev);
		errno = e;
		say_fd(m, rc < 0 ? -1 : (int)d.fd);
	} else if (!strcmp(c, "setname")) { /* FD NAME */
		say_rc(m, ioctl(I(1), DMA_BUF_SET_NAME_B, (uint64_t)(uintptr_t)w[2]));
	} else if (!strcmp(c, "mmap")) { /* FD LEN OFF PROT FLAGS TOUCH */
		char *p = mmap(NULL, U(2), I(4), I(5), I(1), U(3));
		if (p == MAP_FAILED) {
			say_rc(m, -1);
			return true;
		}
		if (U(6))
			touch(p, U(6));
		say(m, "ok addr=0x%llx", (unsigned long long)(uintptr_t)p);
	} else if (!strcmp(c, "munmap")) {
		say_rc(m, munmap((void *)(uintptr_t)U(1), U(2)));
	} else if (!strcmp(c, "mprotect")) {
		say_rc(m, mprotect((void *)(uintptr_t)U(1), U(2), I(3)));
	} else if (!strcmp(c, "madvise")) {
		say_rc(m, madvise((void *)(uintptr_t)U(1), U(2), I(3)));
	} else if (!strcmp(c, "mremap")) { /* OLD OLDLEN NEWLEN */
		void *p = mremap((void *)(uintptr_t)U(1), U(2), U(3), MREMAP_MAYMOVE);
		if (p == MAP_FAILED)
			say_rc(m, -1);
		else
			say(m, "ok addr=0x%llx", (unsigned long long)(uintptr_t)p);
	} else {
		return false;
	}
	return true;
}
