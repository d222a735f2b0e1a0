// What the events of ftrace text mean. Every line here is made up.
#include <doctest/doctest.h>

#include <string>

#include "decode/ftrace/ftrace_decoder.h"
#include "decoded_text.h"

using memtrack::FtraceDecoder;
using memtrack::test::decode_as;
using memtrack::test::Decoded;

namespace {

// The events of lines that task 7, known as "x", prints one after the other.
Decoded by_x(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const size_t stop = lines.find('\n');
    text += "x-7 [000] 1.5: " + std::string(lines.substr(0, stop)) + "\n";
    lines = stop == std::string_view::npos ? std::string_view() : lines.substr(stop + 1);
  }
  Decoded decoded = decode_as<FtraceDecoder>(text);
  constexpr std::string_view kFirst = "task 1 tid=7 tgid=0\ncomm 1 \"x\"\n";
  if (decoded.text.starts_with(kFirst)) decoded.text = decoded.text.substr(kFirst.size());
  return decoded;
}

std::string events(std::string_view lines) { return by_x(lines).text; }

}  // namespace

TEST_SUITE("ftrace events of allocators") {
  TEST_CASE("dma-buf heaps and ION") {
    CHECK(events("dma_heap_stat: inode=907 len=8294400B total_allocated=91230208B") ==
          "alloc 1 space=1 8294400 id=38b total=91230208\n");
    CHECK(events("dma_heap_stat: inode=907 len=-8294400B total_allocated=82935808B") ==
          "free 1 space=1 8294400 id=38b total=82935808\n");
    CHECK(events("ion_stat: buffer_id=12 len=4096B total_allocated=8192B") ==
          "alloc 1 space=2 4096 id=c total=8192\n");
    CHECK(events("ion_stat: buffer_id=12 len=-4096B total_allocated=-1B") ==
          "free 1 space=2 4096 id=c\n");
    // The total printed is the one before.
    CHECK(events("ion_heap_grow: heap_name=system, len=4096, total_allocated=8192") ==
          "alloc 1 space=4 4096 \"system\" total=12288\n");
    CHECK(events("ion_heap_shrink: heap_name=a, len=b, len=4096, total_allocated=8192") ==
          "free 1 space=4 4096 \"a, len=b\" total=4096\n");
    CHECK(events("ion_buffer_create: addr=ffffffc0aa00bb00, len=4096") ==
          "alloc 1 space=3 4096 id=ffffffc0aa00bb00\n");
    CHECK(events("ion_buffer_destroy: addr=0xffffffc0aa00bb00, len=4096") ==
          "free 1 space=3 4096 id=ffffffc0aa00bb00\n");
    CHECK(by_x("ion_buffer_create: addr=(____ptrval____), len=4096").lost == "incomplete_events=1");
  }

  TEST_CASE("sums that the kernel keeps") {
    CHECK(events("dmabuf_rss_stat: rss=8192 delta=-4096 i_ino=31") ==
          "total 1 space=13 8192 id=1f change=-4096\n");
    CHECK(events("gpu_mem_total: gpu_id=1 pid=612 size=8192") ==
          "total 1 space=12 8192 pid=612 domain=1\n");
    CHECK(events("gpu_mem_total: gpu_id=0 pid=0 size=99") ==
          "total 1 space=12 99 pid=0 domain=0\n");
    CHECK(events("gpu_mem_total: gpu_id=0 pid=4294967295 size=99").empty());
    CHECK(events("fastrpc_dma_stat: cid=3 len=-4096B total_allocated=8192B") ==
          "free 1 space=7 4096 total=8192 domain=3\n");
    CHECK(events("mali_total_alloc_pages_change: gpu=0 event=10") ==
          "total 1 space=14 40960 domain=0\n");
  }

  TEST_CASE("fastrpc, CMA and the objects of GPUs") {
    CHECK(events("fastrpc_dma_alloc: cid 3, phys 0x8000, size 4096, attr 0x0, flags 0x1") ==
          "alloc 1 space=6 4096 id=8000 domain=3\n");
    CHECK(events("fastrpc_dma_free: cid 3, phys 0x8000, size 4096") ==
          "free 1 space=6 4096 id=8000 domain=3\n");
    CHECK(events("cma_alloc_finish: name=reserved pfn=0x88000 page=fffffdfe0 count=4 align=2 "
                 "errorno=0") == "alloc 1 space=5 16384 \"reserved\" id=88000\n");
    CHECK(events("cma_alloc_finish: name=reserved pfn=0x0 page=0000000000000000 count=4 align=2 "
                 "errorno=-12")
              .empty());
    CHECK(events("cma_alloc: pfn=88000 page=fffffdfe0 count=4 align=2") ==
          "alloc 1 space=5 16384 id=88000\n");
    CHECK(events("cma_release: name=a b pfn=88000 page=fffffdfe0 count=4") ==
          "free 1 space=5 16384 \"a b\" id=88000\n");
    CHECK(events("kgsl_mem_alloc: gpuaddr=0x7f000 size=8192 tgid=612 usage=texture id=9 "
                 "flags=0x0") == "alloc 1 space=8 8192 \"texture\" id=26400000009 pid=612\n");
    CHECK(events("kgsl_mem_free: gpuaddr=0x7f000 size=8192 type=gpumem tgid=612 usage=texture "
                 "id=9") == "free 1 space=8 8192 \"texture\" id=26400000009 pid=612\n");
    CHECK(events("kgsl_mem_free: gpuaddr=0x7f000 size=8192 type=ion tgid=612 usage=texture id=9")
              .empty());
    CHECK(events("i915_gem_object_create: obj=ffff8881, size=0x2000") ==
          "alloc 1 space=9 8192 id=ffff8881\n");
    CHECK(events("i915_gem_object_destroy: obj=ffff8881") == "free 1 space=9 0 id=ffff8881\n");
    CHECK(events("amdgpu_bo_create: bo=ffff8882, pages=4, type=1, preferred=4, allowed=4, "
                 "visible=0") == "alloc 1 space=10 16384 id=ffff8882\n");
    CHECK(events("xe_bo_create: dev=0000:03:00.0, size=4096, flags=0x02, vm=0000000000000000") ==
          "alloc 1 space=11 4096\n");
  }

  TEST_CASE("a service that allocates for its client") {
    const std::string text =
        "app-7 [000] 1.1: binder_transaction: transaction=50 dest_node=1 dest_proc=612 "
        "dest_thread=0 reply=0 flags=0x10 code=0x1\n"
        "allocator-640 [000] 1.2: binder_transaction_received: transaction=50\n"
        "allocator-640 [000] 1.3: dma_heap_stat: inode=9 len=4096B total_allocated=4096B\n"
        "allocator-640 [000] 1.4: binder_transaction: transaction=51 dest_node=0 dest_proc=7 "
        "dest_thread=7 reply=1 flags=0x0 code=0x0\n"
        "allocator-640 [000] 1.5: dma_heap_stat: inode=10 len=4096B total_allocated=8192B\n";
    CHECK(decode_as<FtraceDecoder>(text).text ==
          "task 1 tid=7 tgid=0\ncomm 1 \"app\"\ntask 2 tid=640 tgid=0\ncomm 2 \"allocator\"\n"
          "alloc 2 space=1 4096 id=9 total=4096 for=1\n"
          "alloc 2 space=1 4096 id=a total=8192\n");
  }
}

TEST_SUITE("ftrace events of files") {
  TEST_CASE("tracepoints of dma_buf") {
    CHECK(events("dma_buf_export: exp_name=qcom,system size=4096 ino=55") ==
          "export 1 ino=55 4096 \"qcom,system\"\n");
    CHECK(events("dma_buf_fd: exp_name=system size=4096 ino=55 fd=12") ==
          "fdfile 1 12 ino=55 4096 \"system\"\n");
    CHECK(events("dma_buf_get: exp_name=system size=4096 ino=55 fd=12") ==
          "fdfile 1 12 ino=55 4096 \"system\" f=128\n");
    CHECK(events("dma_buf_mmap_internal: exp_name=system size=4096 ino=55") ==
          "mapfile 1 ino=55 4096\n");
    CHECK(events("dma_buf_dynamic_attach: exp_name=system size=4096 ino=55 "
                 "attachment:ffffff80aa00bb00 is_dynamic=0 dev_name=1c500000.mali\n"
                 "dma_buf_detach: exp_name=system size=4096 ino=55 attachment:ffffff80aa00bb00 "
                 "is_dynamic=0 dev_name=1c500000.mali") ==
          "import 1 ino=55 at=ffffff80aa00bb00 \"1c500000.mali\"\n"
          "import 1 ino=55 at=ffffff80aa00bb00 \"1c500000.mali\" f=1\n");
    CHECK(events("dma_buf_put: exp_name=system size=4096 ino=55").empty());
    // Patches that print a name, and their keys in another order.
    CHECK(events("dma_buf_fd: exp_name=system name=ab pid [8176] size=4096 ino=55 fd=12 "
                 "f_refcnt=2") ==
          "fdfile 1 12 ino=55 4096 \"system\"\nfdname 1 12 \"/dmabuf:ab pid [8176]\"\n");
    CHECK(events("dma_buf_fd: exp_name=system name=(null) size=4096 ino=55 fd=12") ==
          "fdfile 1 12 ino=55 4096 \"system\"\n");
    CHECK(events("dma_buf_attach: dev_name=gpu exp_name=system size=4096 ino=55") ==
          "import 1 ino=55 at=0 \"gpu\"\n");
  }

  TEST_CASE("probes on kernel functions, whatever they are called") {
    CHECK(events("fd_install: (fd_install+0x0/0x110) fd=27 dev=11 ino=14 size=65536") ==
          "fdfile 1 27 ino=14 dev=11 65536\n");
    CHECK(events("p_fd_install_0: (fd_install+0x4/0xe0) fd=27 dev=11 ino=14 size=65536") ==
          "fdfile 1 27 ino=14 dev=11 65536\n");
    CHECK(events("mine: (fd_install+0x0/0x110) fd=0x1b dev=0xb ino=0xe size=0x10000") ==
          "fdfile 1 27 ino=14 dev=11 65536\n");
    CHECK(events("filp_flush: (filp_flush+0x0/0x90) dev=11 ino=14") == "flush 1 ? ino=14 dev=11\n");
    CHECK(events("dma_buf_export: (cma_heap_allocate+0x1c0/0x2b0 <- dma_buf_export) size=65536 "
                 "exp=\"default_cma_region\" ino=14") ==
          "export 1 ino=14 65536 \"default_cma_region\"\n");
    CHECK(events("gone: (dma_buf_file_release+0x4/0x80) ino=14 size=65536") ==
          "release 1 ino=14\n");
    CHECK(by_x("mine: (kfree+0x0/0x10) x=1\nmine: (kfree+0x0/0x10) x=2").lost == "other_events=2");
  }

  TEST_CASE("probes inside of system calls") {
    // memfd_create tells what it is and how it is marked, and is not told a second time.
    CHECK(events("sys_memfd_create(uname: 7f00, flags: 1)\n"
                 "fd_install: (fd_install+0x4/0xe0) fd=5 dev=1 ino=2 size=0\n"
                 "sys_memfd_create -> 0x5") == "fdfile 1 5 ino=2 dev=1 0 f=97\n");
    CHECK(events("sys_recvmsg(fd: 4, msg: 7f00, flags: 40000040)\n"
                 "fd_install: (fd_install+0x4/0xe0) fd=5 dev=11 ino=2 size=0\n"
                 "sys_recvmsg -> 0xb") == "fdfile 1 5 ino=2 dev=11 0 f=33\n");
    CHECK(events("sys_ioctl(fd: 6, cmd: 40187542, arg: 7f00)\n"
                 "fd_install: (fd_install+0x4/0xe0) fd=7 dev=11 ino=1 size=4096\n"
                 "sys_ioctl -> 0x7") == "fdfile 1 7 ino=1 dev=11 4096\n");
    CHECK(events("sys_close(fd: 7)\nfilp_flush: (filp_flush+0x0/0x70) dev=11 ino=1\n"
                 "sys_close -> 0x0") == "close 1 7\n");
    CHECK(events("sys_dup2(oldfd: 3, newfd: 7)\nfilp_flush: (filp_flush+0x0/0x70) dev=11 ino=1\n"
                 "sys_dup2 -> 0x7") == "dup 1 3 -> 7 f=2\n");
    // execve and exit close without saying which.
    CHECK(events("sys_close(fd: 3)\nsys_close -> 0x0\nsys_execve(filename: 1, argv: 2, envp: 3)\n"
                 "filp_flush: (filp_flush+0x0/0x70) dev=11 ino=1\n"
                 "sched_process_exec: filename=/bin/a pid=7 old_pid=7\nsys_execve -> 0x0\n"
                 "sched_process_exit: comm=a pid=7 prio=120\n"
                 "filp_flush: (filp_flush+0x0/0x70) dev=11 ino=1") ==
          "close 1 3\nflush 1 ? ino=1 dev=11\nexecve 1 \"/bin/a\"\nexit 1 0 f=8\n");
  }

  TEST_CASE("descriptors passed by binder") {
    CHECK(events("binder_transaction_fd_send: transaction=50 src_fd=31 offset=24") ==
          "bsend 1 31 t=50@24\n");
    CHECK(events("binder_transaction_fd_recv: transaction=50 dest_fd=12 offset=24") ==
          "breceive 1 12 t=50@24\n");
    CHECK(events("binder_transaction: transaction=50 dest_node=1 dest_proc=612 dest_thread=0 "
                 "reply=0 flags=0x10 code=0x1\n"
                 "binder_transaction_fd: transaction=50 src_fd=31 ==> dest_fd=12") ==
          "bsend 1 31 t=50@0 to 612:12\n");
  }
}

TEST_SUITE("ftrace events of system calls") {
  TEST_CASE("three spellings of the same") {
    const std::string expected = "close 1 31\nmmap 1 5 7f0000001000+8388608 @4096 prot=3 f=1\n";
    CHECK(events("sys_close(fd: 0x1f)\nsys_close -> 0x0\n"
                 "sys_mmap(addr: 0, len: 0x800000, prot: 3, flags: 1, fd: 5, off: 0x1000)\n"
                 "sys_mmap -> 0x7f0000001000") == expected);
    CHECK(events("sys_close(fd: 1f)\nsys_close -> 0x0\n"
                 "sys_mmap(addr: 0, len: 800000, prot: 3, flags: 1, fd: 5, off: 1000)\n"
                 "sys_mmap -> 0x7f0000001000") == expected);
    CHECK(events("sys_enter_close: fd: 0x0000001f\nsys_exit_close: 0x0\n"
                 "sys_enter_mmap: addr: 0x00000000, len: 0x00800000, prot: 0x00000003, flags: "
                 "0x00000001, fd: 0x00000005, off: 0x00001000\n"
                 "sys_exit_mmap: 0x7f0000001000") == expected);
    CHECK(events("sys_enter: NR 3 (1f, 0, 0, 0, 0, 0)\nsys_exit: NR 3 = 0\n"
                 "sys_enter: NR 9 (0, 800000, 3, 1, 5, 1000)\n"
                 "sys_exit: NR 9 = 139637976731648") == expected);
    CHECK(events("sys_enter: NR 63 (0, 0, 0, 0, 0, 0)\n"
                 "sys_enter: NR 57 (1f, 0, 0, 0, 0, 0)\nsys_exit: NR 57 = 0\n"
                 "sys_enter: NR 222 (0, 800000, 3, 1, 5, 1000)\n"
                 "sys_exit: NR 222 = 139637976731648") == expected);
  }

  TEST_CASE("what failed has no effect") {
    CHECK(events("sys_dup(fildes: 9)\nsys_dup -> 0xfffffffffffffff7").empty());
    CHECK(events("sys_enter: NR 32 (9, 0, 0, 0, 0, 0)\nsys_exit: NR 32 = -9").empty());
    CHECK(events("sys_dup -> 0x3").empty());
    CHECK(events("sys_dup(fildes: 9)\nsys_dup3 -> 0x3").empty());
  }

  TEST_CASE("descriptors, sizes and mappings") {
    CHECK(events("sys_dup(fildes: 3)\nsys_dup -> 0x4") == "dup 1 3 -> 4\n");
    CHECK(events("sys_dup3(oldfd: 3, newfd: 9, flags: 80000)\nsys_dup3 -> 0x9") ==
          "dup 1 3 -> 9 f=3\n");
    CHECK(events("sys_dup2(oldfd: 3, newfd: 3)\nsys_dup2 -> 0x3").empty());
    CHECK(events("sys_fcntl(fd: 3, cmd: 406, arg: 28)\nsys_fcntl -> 0x28") ==
          "dup 1 3 -> 40 f=1\n");
    CHECK(events("sys_fcntl(fd: 3, cmd: 2, arg: 1)\nsys_fcntl -> 0x0") == "cloexec 1 3 f=1\n");
    CHECK(events("sys_fcntl(fd: 3, cmd: 409, arg: 2)\nsys_fcntl -> 0x0").empty());
    CHECK(events("sys_memfd_create(uname: 7f00, flags: 1)\nsys_memfd_create -> 0x5") ==
          "memfd 1 5 - 1\n");
    CHECK(events("sys_memfd_create(uname: 0x7f00 \"a, b\", flags: 1)\nsys_memfd_create -> 0x5") ==
          "memfd 1 5 \"a, b\" 1\n");
    CHECK(events("sys_ftruncate(fd: 5, length: 100000)\nsys_ftruncate -> 0x0") ==
          "truncate 1 5 1048576\n");
    CHECK(events("sys_fallocate(fd: 5, mode: 0, offset: 1000, len: 1000)\n"
                 "sys_fallocate -> 0x0\n"
                 "sys_fallocate(fd: 5, mode: 1, offset: 1000, len: 1000)\n"
                 "sys_fallocate -> 0x0") == "truncate 1 5 8192 f=8\n");
    CHECK(events("sys_munmap(addr: 7f0000001000, len: 2000)\nsys_munmap -> 0x0") ==
          "munmap 1 7f0000001000+8192\n");
    CHECK(events("sys_mprotect(start: 7f0000001000, len: 2000, prot: 1)\nsys_mprotect -> 0x0") ==
          "mprotect 1 7f0000001000+8192 f=1\n");
    CHECK(events("sys_mremap(addr: 7f0000001000, old_len: 1000, new_len: 2000, flags: 1, "
                 "new_addr: 0)\nsys_mremap -> 0x7f0000005000") ==
          "mremap 1 7f0000001000+4096 -> 7f0000005000+8192 1\n");
    CHECK(events("sys_madvise(start: 7f0000001000, len_in: 2000, behavior: a)\n"
                 "sys_madvise -> 0x0") == "madvise 1 7f0000001000+8192 f=10\n");
    CHECK(events("sys_mmap(addr: 0, len: 1000, prot: 0, flags: 22, fd: ffffffff, off: 0)\n"
                 "sys_mmap -> 0x7f0000001000") == "mmap 1 ? 7f0000001000+4096 @0 prot=0\n");
    CHECK(events("sys_close_range(fd: 3, max_fd: ffffffff, flags: 4)") ==
          "close_range 1 3-4294967295 4\n");
    CHECK(events("sys_unshare(unshare_flags: 400)\nsys_unshare -> 0x0") == "unshare 1\n");
    CHECK(events("sys_ioctl(fd: 6, cmd: c0184800, arg: 7f00)\nsys_ioctl -> 0x0") ==
          "heap 1 ? - 0\n");
    CHECK(events("sys_ioctl(fd: 6, cmd: 40187542, arg: 7f00)\nsys_ioctl -> 0x7") ==
          "udmabuf 1 7 0\n");
    CHECK(events("sys_ioctl(fd: 7, cmd: 40086201, arg: 7f00)\nsys_ioctl -> 0x0") ==
          "setname 1 7 -\n");
    CHECK(events("sys_openat(dfd: ffffff9c, filename: 7f00, flags: 80002, mode: 0)\n"
                 "sys_openat -> 0x6") == "open 1 6 - 80002\n");
    CHECK(by_x("sys_sendmsg(fd: 4, msg: 7f00, flags: 0)\nsys_sendmsg -> 0xb").lost ==
          "messages_not_shown=1");
  }
}

TEST_SUITE("ftrace events of tasks") {
  TEST_CASE("a child, a thread, and who they are") {
    CHECK(events("task_newtask: pid=8 comm=x clone_flags=1200000 oom_score_adj=0\n"
                 "sched_process_fork: comm=x pid=7 child_comm=x child_pid=8\n"
                 "task_newtask: pid=9 comm=x clone_flags=3d0f00 oom_score_adj=0") ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=1200000\n"
          "task 3 tid=9 tgid=0\nclone 1 -> 3 flags=3d0f00\n");
    const Decoded fork = by_x("sched_process_fork: comm=x pid=7 child_comm=x child_pid=8");
    CHECK(fork.text == "task 2 tid=8 tgid=0\nclone 1 -> 2 flags=0\n");
    CHECK(fork.lost == "fork_flags_unknown=1");
    CHECK(events("sys_clone(clone_flags: 3d0f11, newsp: 0)\n"
                 "sched_process_fork: comm=x pid=7 child_comm=x child_pid=8") ==
          "task 2 tid=8 tgid=0\nclone 1 -> 2 flags=3d0f00\n");
  }

  TEST_CASE("names with blanks and imitations of what follows them") {
    CHECK(events("task_newtask: pid=8 comm=a clone_flags=0 clone_flags=100 oom_score_adj=0") ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=100\n");
    CHECK(events("dma_heap_stat: inode=9 len=1B total_allocated=1B\n"
                 "task_rename: pid=7 oldcomm=x newcomm=Binder Thread oom_score_adj=0\n"
                 "task_rename: oldcomm=x newcomm=b oom_score_adj=0\n"
                 "sched_process_exit: comm=b pid=99 pid=7 prio=120 group_dead=true") ==
          "alloc 1 space=1 1 id=9 total=1\ncomm 1 \"Binder Thread\"\ncomm 1 \"b\"\nexit 1 0 f=8\n");
    CHECK(events("dma_heap_stat: inode=9 len=1B total_allocated=1B\n"
                 "sched_process_exec: filename=/a pid=3 old_pid=4 pid=7 old_pid=7") ==
          "alloc 1 space=1 1 id=9 total=1\nexecve 1 \"/a pid=3 old_pid=4\"\n");
  }

  TEST_CASE("an end with its status, and the tid again") {
    CHECK(events("sys_exit_group(error_code: 3)\n"
                 "sched_process_exit: comm=x pid=7 prio=120\n"
                 "sched_process_free: comm=x pid=7 prio=120\n"
                 "dma_heap_stat: inode=9 len=1B total_allocated=1B") ==
          "exit 1 3\ntask 2 tid=7 tgid=0\ncomm 2 \"x\"\nalloc 2 space=1 1 id=9 total=1\n");
    // Without sched_process_free and task_newtask: what only a living task does is another's.
    CHECK(events("dma_heap_stat: inode=8 len=1B total_allocated=1B\n"
                 "sched_process_exit: comm=x pid=7 prio=120\n"
                 "dma_heap_stat: inode=8 len=-1B total_allocated=0B\n"
                 "dma_heap_stat: inode=9 len=1B total_allocated=1B") ==
          "alloc 1 space=1 1 id=8 total=1\nexit 1 0 f=8\nfree 1 space=1 1 id=8 total=0\n"
          "task 2 tid=7 tgid=0\ncomm 2 \"x\"\nalloc 2 space=1 1 id=9 total=1\n");
    const Decoded lost = by_x(
        "task_newtask: pid=8 comm=x clone_flags=0 oom_score_adj=0\n"
        "task_newtask: pid=8 comm=x clone_flags=0 oom_score_adj=0");
    CHECK(lost.lost == "task_end_not_seen=1");
    CHECK(lost.text ==
          "task 2 tid=8 tgid=8\nclone 1 -> 2 flags=0\nloss task_end_not_seen\n"
          "task 3 tid=8 tgid=8\nclone 1 -> 3 flags=0\n");
  }

  TEST_CASE("a thread that executes a program takes its leader's place") {
    const std::string text =
        "x-7 [000] 1.0: task_newtask: pid=8 comm=x clone_flags=3d0f00 oom_score_adj=0\n"
        "x-7 [000] 1.1: sched_process_exit: comm=x pid=7 prio=120\n"
        "x-7 [000] 1.2: sched_process_exec: filename=/bin/b pid=7 old_pid=8\n"
        "b-7 [000] 1.3: dma_heap_stat: inode=9 len=1B total_allocated=1B\n";
    CHECK(decode_as<FtraceDecoder>(text).text ==
          "task 1 tid=7 tgid=0\ncomm 1 \"x\"\ntask 2 tid=8 tgid=0\nclone 1 -> 2 flags=3d0f00\n"
          "exit 1 0 f=8\nexecve 2 \"/bin/b\"\nalloc 2 space=1 1 id=9 total=1\n");
  }

  TEST_CASE("tgids from the column, also late") {
    const std::string line = " [000] 1.5: dma_heap_stat: inode=9 len=1B total_allocated=1B\n";
    CHECK(decode_as<FtraceDecoder>("x-7 (-----)" + line + "x-7 (    4)" + line).text ==
          "task 1 tid=7 tgid=0\ncomm 1 \"x\"\nalloc 1 space=1 1 id=9 total=1\n"
          "task 1 tid=7 tgid=4\nalloc 1 space=1 1 id=9 total=1\n");
  }

  TEST_CASE("a name that the cache had lost is told by sched_switch") {
    const std::string line =
        "<...>-7 [000] 1.5: dma_heap_stat: inode=9 len=1B total_allocated=1B\n";
    CHECK(decode_as<FtraceDecoder>(
              line +
              "a-3 [000] 1.6: sched_switch: prev_comm=a prev_pid=3 prev_prio=120 "
              "prev_state=S ==> next_comm=my app next_pid=7 next_prio=120\n" +
              line)
              .text ==
          "task 1 tid=7 tgid=0\nalloc 1 space=1 1 id=9 total=1\ncomm 1 \"my app\"\n"
          "alloc 1 space=1 1 id=9 total=1\n");
  }

  TEST_CASE("the idle task is nobody") {
    CHECK(decode_as<FtraceDecoder>(
              "<idle>-0 [000] 1.5: dma_heap_stat: inode=9 len=-1B total_allocated=1B\n")
              .text == "free 0 space=1 1 id=9 total=1\n");
  }
}
