#include <doctest/doctest.h>

#include <string>

#include "decoded_text.h"

using memtrack::test::decode;
using memtrack::test::Decoded;
using memtrack::test::events;

TEST_SUITE("strace descriptors") {
  TEST_CASE("opens say a path only where it matters, preferring what the kernel calls it") {
    CHECK(events("7 openat(AT_FDCWD</>, \"/etc/passwd\", O_RDONLY|O_CLOEXEC) = 3</etc/passwd>\n") ==
          "open 1 3 - 80000\n");
    CHECK(events("7 open(\"/dev/shm/ring\", O_RDWR|O_CREAT|O_EXCL, 0600) = 3\n") ==
          "open 1 3 \"/dev/shm/ring\" c2\n");
    CHECK(events("7 openat(AT_FDCWD</dev/shm>, \"ring\", O_RDWR) = 3\n") ==
          "open 1 3 \"/dev/shm/ring\" 2\n");
    CHECK(events("7 openat(5</dev/shm>, \"ring\", O_RDWR) = 3\n") ==
          "open 1 3 \"/dev/shm/ring\" 2\n");
    CHECK(events("7 open(\"/run/shm/ring\", O_RDWR) = 3</dev/shm/ring>\n") ==
          "open 1 3 \"/dev/shm/ring\" 2\n");
    CHECK(events("7 openat(AT_FDCWD, \"/dev/dri/renderD128\", O_RDWR) = 3</dev/dri/renderD128<char "
                 "226:128>>\n") == "open 1 3 \"/dev/dri/renderD128\" 2\n");
    CHECK(events("7 openat2(AT_FDCWD, \"/dev/shm/a\", {flags=O_RDWR|O_CLOEXEC, "
                 "resolve=RESOLVE_BENEATH}, 24) = 3\n") == "open 1 3 \"/dev/shm/a\" 80002\n");
    CHECK(events("7 creat(\"/dev/shm/a\", 0600) = 3\n") == "open 1 3 \"/dev/shm/a\" 241\n");
    CHECK(events("7 openat(-100, \"/dev/shm/a\", 0x80002 /* O_RDWR|O_CLOEXEC */) = 0x3\n") ==
          "open 1 3 \"/dev/shm/a\" 80002\n");
    CHECK(
        events("7 open(\"/dev/shm/a\", O_RDWR) = -1 ENOENT (No such file or directory)\n").empty());
  }

  TEST_CASE("a reopened descriptor keeps the path that says which one") {
    CHECK(events("7 open(\"/proc/self/fd/5\", O_RDWR) = 6</memfd:frame>(deleted)\n") ==
          "open 1 6 \"/proc/self/fd/5\" 2\nfdname 1 6 \"/memfd:frame\"\n");
    CHECK(events("7 openat(4</proc/99/fd>, \"5\", O_RDONLY) = 6\n") ==
          "open 1 6 \"/proc/99/fd/5\" 0\n");
  }

  TEST_CASE("hostile names") {
    CHECK(events("7 open(\"/dev/shm/\\\"x\\\") = 9\\n\", O_RDWR) = 3\n") ==
          "open 1 3 \"/dev/shm/\"x\") = 9\n\" 2\n");
    CHECK(events("7 close(3</dev/shm/a\\76\\74b>) = 0\n") ==
          "fdname 1 3 \"/dev/shm/a><b\"\nclose 1 3\n");
    CHECK(events("7 write(1</dev/pts/0<char 136:0>>, \"5</memfd:fake>\", 14) = 14\n").empty());
    CHECK(events("7 memfd_create(\"a\\\\\", MFD_CLOEXEC) = 3</memfd:a\\\\>(deleted)\n") ==
          "memfd 1 3 \"a\\\" 1\n");
    CHECK(events("7 memfd_create(\"x (deleted)\", 0) = 3</memfd:x (deleted)>(deleted)\n") ==
          "memfd 1 3 \"x (deleted)\" 0\n");
    CHECK(events("7 open(\"\\x2f\\x64\\x65\\x76/shm/a\", O_RDWR) = 3\n") ==
          "open 1 3 \"/dev/shm/a\" 2\n");
    CHECK(events("7 memfd_create(\"\\x61\\303\\251\", 0) = 3\n") == "memfd 1 3 \"a\xc3\xa9\" 0\n");
  }

  TEST_CASE("older strace leaves (deleted) inside") {
    CHECK(events("7 fstat(5</memfd:a (deleted)>, 0x7f) = 0\n7 fstat(6</dev/shm/b (deleted)>, 0x7f) "
                 "= 0\n") == "fdname 1 5 \"/memfd:a\"\nfdname 1 6 \"/dev/shm/b\"\n");
    // Newer ones do not: there it is the file's own name.
    CHECK(events("7 fstat(6</dev/shm/b (deleted)>, 0x7f) = 0\n") ==
          "fdname 1 6 \"/dev/shm/b (deleted)\"\n");
  }

  TEST_CASE("new descriptors of other kinds, with their close-on-exec") {
    CHECK(events("7 pipe2([3<pipe:[1]>, 4<pipe:[1]>], O_CLOEXEC) = 0\n") ==
          "newfd 1 3 f=1\nnewfd 1 4 f=1\n");
    CHECK(events("7 pipe([3, 4]) = 0\n7 pipe(0x1) = -1 EFAULT (Bad address)\n") ==
          "newfd 1 3\nnewfd 1 4\n");
    CHECK(events("7 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3\n7 eventfd2(0, EFD_NONBLOCK) "
                 "= 4\n") == "newfd 1 3 f=1\nnewfd 1 4\n");
    CHECK(events("7 accept4(3, {sa_family=AF_UNIX}, [110 => 2], SOCK_CLOEXEC) = "
                 "5<UNIX-STREAM:[9->8]>\n") == "newfd 1 5 f=1\n");
    CHECK(events("7 signalfd4(-1, [INT], 8, 0) = 3\n7 signalfd4(3, [INT], 8, 0) = 3\n") ==
          "newfd 1 3\n");
    CHECK(events("7 bpf(BPF_MAP_CREATE, {map_type=1}, 128) = 3\n7 bpf(BPF_MAP_LOOKUP_ELEM, {}, "
                 "128) = 0\n") == "newfd 1 3 f=1\n");
    CHECK(
        events("7 socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0,  <unfinished ...>\n"
               "7 <... socketpair resumed>[5<UNIX-STREAM:[1->2]>, 7<UNIX-STREAM:[2->1]>]) = 0\n") ==
        "socketpair 1 5,7 \"UNIX-STREAM:[1->2]\" \"UNIX-STREAM:[2->1]\" f=1\n");
    CHECK(events("7 socketpair(AF_UNIX, SOCK_DGRAM, 0, [5, 7]) = 0\n") == "socketpair 1 5,7 - -\n");
  }

  TEST_CASE("copies") {
    CHECK(
        events(
            "7 dup(3) = 5\n7 dup2(3, 3) = 3\n7 dup2(3, 6) = 6\n7 dup3(3, 20, O_CLOEXEC) = 20\n") ==
        "dup 1 3 -> 5\ndup 1 3 -> 6 f=2\ndup 1 3 -> 20 f=3\n");
    CHECK(events("7 fcntl(3, F_DUPFD, 10) = 10\n7 fcntl(3, F_DUPFD_CLOEXEC, 0) = 5\n7 fcntl64(3, "
                 "0x406, 0) = 6\n") == "dup 1 3 -> 10\ndup 1 3 -> 5 f=1\ndup 1 3 -> 6 f=1\n");
    CHECK(events("7 fcntl(3, F_SETFD, FD_CLOEXEC) = 0\n7 fcntl(3, F_SETFD, 0) = 0\n7 fcntl(3, "
                 "F_GETFD) = 0x1 (flags FD_CLOEXEC)\n") == "cloexec 1 3 f=1\ncloexec 1 3\n");
  }

  TEST_CASE("close drops even when it fails, unless there was nothing") {
    CHECK(events("7 close(3) = -1 EIO (Input/output error)\n7 close(4) = -1 EINTR (Interrupted "
                 "system call)\n"
                 "7 close(5) = ? ERESTARTSYS (To be restarted)\n7 close(6) = -1 EBADF (Bad file "
                 "descriptor)\n7 close(-1) = -1 EBADF (Bad file descriptor)\n") ==
          "close 1 3\nclose 1 4\nclose 1 5\n");
    CHECK(events("7 close_range(3, 4294967295, CLOSE_RANGE_CLOEXEC) = 0\n7 close_range(3, ~0U, 0) "
                 "= 0\n7 close_range(3, 9, 0) = 0\n") ==
          "close_range 1 3-4294967295 4\nloss truncated_arguments\nclose_range 1 3-9 0\n");
  }

  TEST_CASE("another process's descriptor") {
    CHECK(events("7 fork() = 8\n7 pidfd_open(8, 0) = 3\n7 pidfd_getfd(3, 5, 0) = "
                 "6</memfd:a>(deleted)\n") ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=0\nnewfd 1 3 f=1\ngetfd 1 6 from 2:5\nfdname 1 "
          "6 \"/memfd:a\"\n");
    CHECK(events("7 fork() = 8\n7 pidfd_getfd(3<pid:8>, 5, 0) = 6\n7 pidfd_getfd(9, 5, 0) = 7\n") ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=0\ngetfd 1 6 from 2:5\ngetfd 1 7 from 0:5\n");
    CHECK(events("7 kcmp(7, 8, KCMP_FILE, 3</memfd:a>(deleted), 4</memfd:b>(deleted)) = 1\n")
              .empty());
  }

  TEST_CASE("unlinks of shared memory, and unshare") {
    CHECK(events("7 unlink(\"/dev/shm/a\") = 0\n7 unlink(\"/tmp/a\") = 0\n7 "
                 "unlinkat(AT_FDCWD</dev/shm>, \"b\", 0) = 0\n") ==
          "unlink 1 \"/dev/shm/a\"\nunlink 1 \"/dev/shm/b\"\n");
    CHECK(events("7 unshare(CLONE_FILES) = 0\n7 unshare(CLONE_NEWNS) = 0\n") == "unshare 1\n");
    CHECK(decode("7 rename(\"/dev/shm/a\", \"/dev/shm/b\") = 0\n7 rename(\"/a\", \"/b\") = 0\n")
              .lost == "not_modelled_rename=1");
  }
}

TEST_SUITE("strace names") {
  TEST_CASE("a name is told at first sight, when it changes, and after a hidden descriptor") {
    CHECK(events("7 read(5</memfd:a>(deleted), \"\", 1) = 0\n7 read(5</memfd:a>(deleted), \"\", 1) "
                 "= 0\n") == "fdname 1 5 \"/memfd:a\"\n");
    CHECK(events("7 poll([{fd=5</dmabuf:a>, events=POLLIN}, {fd=6</dmabuf:b>, events=POLLIN}], 2, "
                 "0) = 0\n") == "fdname 1 5 \"/dmabuf:a\"\nfdname 1 6 \"/dmabuf:b\"\n");
    CHECK(events("7 lseek(5</dmabuf:>, 0, SEEK_END) = 4096\n7 lseek(5</dmabuf:x>, 0, SEEK_END) = "
                 "4096\n") == "fdname 1 5 \"/dmabuf:\"\nfdname 1 5 \"/dmabuf:x\"\n");
    CHECK(events("7 memfd_create(\"a\", 0) = 5</memfd:a>(deleted)\n7 dup(5</memfd:a>(deleted)) = "
                 "6</memfd:a>(deleted)\n"
                 "7 close(6</memfd:a>(deleted)) = 0\n") ==
          "memfd 1 5 \"a\" 0\ndup 1 5 -> 6\nclose 1 6\n");
    CHECK(events("7 lseek(5</dmabuf:>, 0, SEEK_END) = 4096\n7 close(5</dmabuf:>) = 0\n"
                 "7 ioctl(6</dev/dma_heap/system<char 248:2>>, DMA_HEAP_IOCTL_ALLOC, 0x7f) = 0\n"
                 "7 lseek(5</dmabuf:>, 0, SEEK_END) = 4096\n") ==
          "fdname 1 5 \"/dmabuf:\"\nclose 1 5\nheap 1 ? \"system\" 0\nfdname 1 5 \"/dmabuf:\"\n");
  }

  TEST_CASE("a dma-buf is never unlinked: (deleted) is its name's") {
    CHECK(events("7 close(8</dmabuf:scratch>(deleted)) = 0\n") ==
          "fdname 1 8 \"/dmabuf:scratch (deleted)\"\nclose 1 8\n");
  }
}

TEST_SUITE("strace buffers") {
  TEST_CASE("heaps, by name and by number") {
    const std::string heap = "heap 1 ? \"system\" 0\n";
    const std::string fd = "7 ioctl(6</dev/dma_heap/system<char 248:2>>, ";
    CHECK(events(fd + "DMA_HEAP_IOCTL_ALLOC, 0x7ffd00c0ffe0) = 0\n") == heap);
    CHECK(events(fd + "_IOC(_IOC_READ|_IOC_WRITE, 0x48, 0, 0x18), 0x7ffd00c0ffe0) = 0\n") == heap);
    CHECK(events(fd + "0xc0184800, 0x7ffd00c0ffe0) = 0\n") == heap);
    CHECK(events(fd + "DMA_HEAP_IOCTL_ALLOC, {len=4096, fd_flags=O_RDWR|O_CLOEXEC, heap_flags=0, "
                      "fd=9</dmabuf:>}) = 0\n") ==
          "heap 1 9 \"system\" 4096\nfdname 1 9 \"/dmabuf:\"\n");
    CHECK(
        events(fd + "DMA_HEAP_IOCTL_ALLOC, 0x7ffd00c0ffe0) = -1 ENOMEM (Cannot allocate memory)\n")
            .empty());
    CHECK(events("7 ioctl(6, DMA_HEAP_IOCTL_ALLOC, 0x7f) = 0\n") == "heap 1 ? - 0\n");
    CHECK(events("7 ioctl(1</dev/pts/0<char 136:0>>, TCGETS, {c_iflag=ICRNL, ...}) = 0\n").empty());
  }

  TEST_CASE("udmabuf returns the descriptor; names") {
    CHECK(events("7 ioctl(6</dev/udmabuf<char 10:125>>, UDMABUF_CREATE, 0x7f) = 7\n") ==
          "udmabuf 1 7 0\n");
    CHECK(events("7 ioctl(6, _IOC(_IOC_WRITE, 0x75, 0x43, 0x8), 0x7f) = 7\n") == "udmabuf 1 7 0\n");
    CHECK(events("7 ioctl(8</dmabuf:>, DMA_BUF_SET_NAME_B, 0x7f) = 0\n") ==
          "fdname 1 8 \"/dmabuf:\"\nsetname 1 8 -\n");
    CHECK(events("7 ioctl(8, DMA_BUF_SET_NAME, \"cam\\n\") = 0\n") == "setname 1 8 \"cam\n\"\n");
  }

  TEST_CASE("what is not modelled is counted") {
    CHECK(decode(
              "7 ioctl(6</x>, DRM_IOCTL_PRIME_HANDLE_TO_FD, 0x7f) = 0\n7 ioctl(6</x>, "
              "ION_IOC_ALLOC, 0x7f) = 0\n"
              "7 ioctl(6</x>, BINDER_WRITE_READ, 0x7f) = 0\n7 shmget(IPC_PRIVATE, 4096, 0600) = 1\n"
              "7 io_uring_enter(5</x>, 1, 0, 0, NULL, 8) = 1\n")
              .lost ==
          "not_modelled_sysv=1 not_modelled_io_uring=1 not_modelled_drm=1 not_modelled_ion=1 "
          "not_modelled_binder=1");
  }

  TEST_CASE("sizes") {
    CHECK(events("7 ftruncate(5, 8294400) = 0\n7 ftruncate64(5, 0x10) = 0\n7 "
                 "truncate(\"/dev/shm/a\", 5) = 0\n7 truncate(\"/tmp/a\", 5) = 0\n") ==
          "truncate 1 5 8294400\ntruncate 1 5 16\ntruncate 1 ? \"/dev/shm/a\" 5\n");
    CHECK(events("7 fallocate(5, 0, 4096, 8192) = 0\n7 fallocate(5, "
                 "FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 0, 4096) = 0\n") ==
          "truncate 1 5 12288 f=8\n");
    CHECK(events("7 pwrite64(5</memfd:a>(deleted), \"x\"..., 4096, 8192) = 4000\n") ==
          "fdname 1 5 \"/memfd:a\"\ntruncate 1 5 12192 f=8\n");
    CHECK(decode("7 write(5</memfd:a>(deleted), \"x\", 1) = 1\n").lost == "not_modelled_write=1");
  }

  TEST_CASE("mappings") {
    CHECK(events("7 mmap(NULL, 8294400, PROT_READ|PROT_WRITE, MAP_SHARED, 5, 0x1000) = "
                 "0x7f1200000000\n") == "mmap 1 5 7f1200000000+8294400 @4096 prot=3 f=1\n");
    CHECK(events("7 mmap(0x7f00, 100, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = "
                 "0x7f00\n") == "mmap 1 ? 7f00+100 @0 prot=0 f=2\n");
    CHECK(events("7 mmap(0x7f00, 100, PROT_READ, MAP_SHARED_VALIDATE|MAP_FIXED_NOREPLACE, 5, 0) = "
                 "0x7f00\n") == "mmap 1 5 7f00+100 @0 prot=1 f=1\n");
    CHECK(events("7 mmap(NULL, 100, 0x3, 0x2, 5, 0) = 0x7f00\n7 mmap2(NULL, 9, PROT_READ, "
                 "MAP_SHARED, 5, 0) = -1 ENODEV (No such device)\n") ==
          "mmap 1 5 7f00+100 @0 prot=3\n");
    CHECK(events("7 munmap(0x7f00, 5368709120) = 0\n7 mprotect(0x7f00, 4096, PROT_READ) = 0\n"
                 "7 mremap(0x7f00, 4096, 8192, MREMAP_MAYMOVE) = 0x8f00\n7 madvise(0x7f00, 4096, "
                 "MADV_DONTFORK) = 0\n"
                 "7 madvise(0x7f00, 4096, MADV_FREE) = 0\n") ==
          "munmap 1 7f00+5368709120\nmprotect 1 7f00+4096 f=1\nmremap 1 7f00+4096 -> 8f00+8192 "
          "1\nmadvise 1 7f00+4096 f=10\n");
  }
}

TEST_SUITE("strace messages") {
  const std::string kHead =
      "{msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"\\1\", iov_len=1}], msg_iovlen=1, "
      "msg_control=[";
  const std::string kTail = "], msg_controllen=24, msg_flags=0}, 0) = 1\n";
  const std::string kRights =
      "{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=";

  TEST_CASE("descriptors are sent and received") {
    CHECK(events("7 sendmsg(4<UNIX-STREAM:[1->2]>, " + kHead + kRights +
                 "[5</memfd:a>(deleted), 6<pipe:[9]>]}" + kTail) ==
          "fdname 1 5 \"/memfd:a\"\nsend 1 4 \"UNIX-STREAM:[1->2]\": 5=\"/memfd:a\" "
          "6=\"pipe:[9]\"\n");
    CHECK(events("7 recvmsg(3<socket:[89]>, " + kHead + kRights +
                 "[7</memfd:a>(deleted)]}], msg_controllen=24, "
                 "msg_flags=MSG_CMSG_CLOEXEC}, MSG_CMSG_CLOEXEC) = 1\n") ==
          "receive 1 3 \"socket:[89]\" f=1: 7=\"/memfd:a\"\n");
    CHECK(events("7 sendmsg(4, " + kHead + kRights + "[5]}" + kTail) == "send 1 4 -: 5=-\n");
    CHECK(events("7 sendmsg(4, " + kHead + kTail).empty());
    CHECK(events("7 sendmsg(4, {msg_name=NULL, msg_iov=[{iov_base=\"SCM_RIGHTS, "
                 "cmsg_type=SCM_RIGHTS, cmsg_data=[9]\", "
                 "iov_len=9}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 1\n")
              .empty());
  }

  TEST_CASE("several control messages, of several kinds") {
    CHECK(events("7 sendmsg(4, " + kHead + kRights +
                 "[5]}, {cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS, "
                 "cmsg_data={pid=1, uid=0, gid=0}}, " +
                 kRights + "[6, 7]}" + kTail) == "send 1 4 -: 5=- 6=- 7=-\n");
    CHECK(events("7 sendmsg(4, " + kHead +
                 "{cmsg_len=20, cmsg_level=0x1, cmsg_type=0x1, cmsg_data=[5]}" + kTail) ==
          "send 1 4 -: 5=-\n");
  }

  TEST_CASE("numbers only: a level other than SOL_SOCKET carries no descriptors") {
    CHECK(events("7 sendmsg(4, " + kHead +
                 "{cmsg_len=20, cmsg_level=0, cmsg_type=0x1, cmsg_data=[0x10]}" + kTail)
              .empty());
    CHECK(events("7 sendmsg(4, " + kHead +
                 "{cmsg_len=20, cmsg_level=0x1 /* SOL_SOCKET */, cmsg_type=0x1 /* SCM_RIGHTS */, "
                 "cmsg_data=[5]}" +
                 kTail) == "send 1 4 -: 5=-\n");
  }

  TEST_CASE("peeked and truncated") {
    CHECK(events("7 recvmsg(3, " + kHead + kRights +
                 "[7]}], msg_controllen=24, msg_flags=MSG_CTRUNC}, MSG_PEEK) = 1\n") ==
          "receive 1 3 - f=20: 7=-\n");
    CHECK(events("7 recvmsg(3, {msg_name=NULL, msg_iov=[{iov_base=\"x\", iov_len=1}], "
                 "msg_iovlen=1, msg_controllen=0, "
                 "msg_flags=MSG_CTRUNC}, 0) = 1\n") == "receive 1 3 - f=4:\n");
  }

  TEST_CASE("a datagram's destination is part of its route") {
    CHECK(events("7 sendmsg(4<UNIX:[1322]>, {msg_name={sa_family=AF_UNIX, sun_path=@\"box\\0\"}, "
                 "msg_namelen=6, msg_iov=[], "
                 "msg_iovlen=0, msg_control=[" +
                 kRights + "[6]}" + kTail) ==
          std::string("send 1 4 \"UNIX:[1322]|@box\0\": 6=-\n", 34));
  }

  TEST_CASE("vectors of messages, of which only some are sent") {
    const std::string first =
        "{msg_hdr=" + kHead + kRights + "[5]}], msg_controllen=24, msg_flags=0}, msg_len=1}";
    const std::string second =
        "{msg_hdr=" + kHead + kRights + "[6]}], msg_controllen=24, msg_flags=0}, msg_len=1}";
    CHECK(events("7 sendmmsg(4, [" + first + ", " + second + "], 2, 0) = 2\n") ==
          "send 1 4 -: 5=-\nsend 1 4 -: 6=-\n");
    CHECK(events("7 sendmmsg(4, [" + first + ", " + second + "], 2, 0) = 1\n") ==
          "send 1 4 -: 5=-\n");
    CHECK(events("7 sendmmsg(4, [" + first + ", " + second +
                 "], 2, 0 <unfinished ...>\n8 close(3) = 0\n7 <... sendmmsg resumed>) = 1\n") ==
          "send 1 4 -: 5=-\ntask 2 tid=8 tgid=0\nclose 2 3\n");
    CHECK(events("7 recvmmsg(4, [" + first +
                 "], 1, MSG_CMSG_CLOEXEC, NULL) = 1 (left {tv_sec=0, tv_nsec=9})\n") ==
          "receive 1 4 - f=1: 5=-\n");
  }

  TEST_CASE("more descriptors than a message can carry are damage") {
    std::string fds = "1";
    for (int i = 2; i <= 300; i++) fds += ", " + std::to_string(i);
    const Decoded decoded =
        decode("7 sendmsg(4</x>, " + kHead + kRights + "[" + fds + "]}" + kTail);
    CHECK(decoded.lost ==
          "truncated_arguments=1 calls_not_traced_open=255 calls_not_traced_recvmsg=1");
    CHECK(decoded.records.size() == 1 + 1 + 1 + 253);
  }
}
