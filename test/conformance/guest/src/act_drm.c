/* DRM ioctls. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

/* The few DRM calls used here (kernel uapi), so that no DRM headers are needed. */
struct drm_mode_create_dumb { uint32_t height, width, bpp, flags, handle, pitch; uint64_t size; };
struct drm_mode_map_dumb { uint32_t handle, pad; uint64_t offset; };
struct drm_prime_handle { uint32_t handle, flags; int32_t fd; };
struct drm_gem_close { uint32_t handle, pad; };
struct drm_gem_flink { uint32_t handle, name; };
struct drm_gem_open { uint32_t name, handle; uint64_t size; };
struct drm_version { int a, b, c; size_t name_len; char *name; size_t date_len; char *date; size_t desc_len; char *desc; };
#define DRM_IOCTL_VERSION _IOWR('d', 0x00, struct drm_version)
#define DRM_IOCTL_GEM_CLOSE _IOW('d', 0x09, struct drm_gem_close)
#define DRM_IOCTL_GEM_FLINK _IOWR('d', 0x0a, struct drm_gem_flink)
#define DRM_IOCTL_GEM_OPEN _IOWR('d', 0x0b, struct drm_gem_open)
#define DRM_IOCTL_PRIME_HANDLE_TO_FD _IOWR('d', 0x2d, struct drm_prime_handle)
#define DRM_IOCTL_PRIME_FD_TO_HANDLE _IOWR('d', 0x2e, struct drm_prime_handle)
#define DRM_IOCTL_MODE_CREATE_DUMB _IOWR('d', 0xb2, struct drm_mode_create_dumb)
#define DRM_IOCTL_MODE_MAP_DUMB _IOWR('d', 0xb3, struct drm_mode_map_dumb)
struct drm_mode_fb_cmd { uint32_t fb_id, width, height, pitch, bpp, depth, handle; };
#define DRM_IOCTL_MODE_ADDFB _IOWR('d', 0xae, struct drm_mode_fb_cmd)
#define DRM_IOCTL_MODE_RMFB _IOWR('d', 0xaf, unsigned int)
#define DRM_CLOEXEC O_CLOEXEC
#define DRM_RDWR O_RDWR

static int drm_ioctl(int fd, unsigned long req, void *arg)
{
	int r;
	do
		r = ioctl(fd, req, arg);
	while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r;
}

/* GEM handles, framebuffers, PRIME, flink. */
bool act_drm(struct me *m, const char *c, char **w, int n)
{
	(void)n;
	if (!strcmp(c, "drmversion")) { /* DRM */
		char name[64] = "";
		struct drm_version v = { .name = name, .name_len = sizeof name - 1 };
		if (drm_ioctl(I(1), DRM_IOCTL_VERSION, &v) < 0)
			say_rc(m, -1);
		else
			say(m, "ok driver=%s", name);
	} else if (!strcmp(c, "dumb")) { /* DRM W H BPP */
		struct drm_mode_create_dumb d = { .width = U(2), .height = U(3), .bpp = U(4) };
		if (drm_ioctl(I(1), DRM_IOCTL_MODE_CREATE_DUMB, &d) < 0)
			say_rc(m, -1);
		else
			say(m, "ok handle=%u size=%llu pitch=%u", d.handle, (unsigned long long)d.size, d.pitch);
	} else if (!strcmp(c, "addfb")) { /* DRM HANDLE W H BPP PITCH */
		struct drm_mode_fb_cmd d = { .handle = U(2), .width = U(3), .height = U(4), .bpp = U(5),
					     .pitch = U(6), .depth = U(5) == 32 ? 24 : U(5) };
		if (drm_ioctl(I(1), DRM_IOCTL_MODE_ADDFB, &d) < 0)
			say_rc(m, -1);
		else
			say(m, "ok fb=%u", d.fb_id);
	} else if (!strcmp(c, "rmfb")) { /* DRM FB */
		unsigned id = U(2);
		say_rc(m, drm_ioctl(I(1), DRM_IOCTL_MODE_RMFB, &id));
	} else if (!strcmp(c, "mapdumb")) { /* DRM HANDLE */
		struct drm_mode_map_dumb d = { .handle = U(2) };
		if (drm_ioctl(I(1), DRM_IOCTL_MODE_MAP_DUMB, &d) < 0)
			say_rc(m, -1);
		else
			say(m, "ok off=0x%llx", (unsigned long long)d.offset);
	} else if (!strcmp(c, "prime_out")) { /* DRM HANDLE CLOEXEC */
		struct drm_prime_handle d = { .handle = U(2), .flags = DRM_RDWR | (I(3) ? DRM_CLOEXEC : 0) };
		int rc = drm_ioctl(I(1), DRM_IOCTL_PRIME_HANDLE_TO_FD, &d);
		say_fd(m, rc < 0 ? -1 : d.fd);
	} else if (!strcmp(c, "prime_in")) { /* DRM DMABUF */
		struct drm_prime_handle d = { .fd = I(2) };
		if (drm_ioctl(I(1), DRM_IOCTL_PRIME_FD_TO_HANDLE, &d) < 0)
			say_rc(m, -1);
		else
			say(m, "ok handle=%u", d.handle);
	} else if (!strcmp(c, "gemclose")) { /* DRM HANDLE */
		struct drm_gem_close d = { .handle = U(2) };
		say_rc(m, drm_ioctl(I(1), DRM_IOCTL_GEM_CLOSE, &d));
	} else if (!strcmp(c, "flink")) {
		struct drm_gem_flink d = { .handle = U(2) };
		if (drm_ioctl(I(1), DRM_IOCTL_GEM_FLINK, &d) < 0)
			say_rc(m, -1);
		else
			say(m, "ok name=%u", d.name);
	} else if (!strcmp(c, "gemopen")) { /* DRM NAME */
		struct drm_gem_open d = { .name = U(2) };
		if (drm_ioctl(I(1), DRM_IOCTL_GEM_OPEN, &d) < 0)
			say_rc(m, -1);
		else
			say(m, "ok handle=%u size=%llu", d.handle, (unsigned long long)d.size);
	} else {
		return false;
	}
	return true;
}
