import { describe, expect, test } from 'vitest';
import { findHolding } from '../../lib/rules/index.ts';
import { formatAnswer, makeAnswer } from '../../lib/report/index.ts';
import { chargesOf, playedText } from './ftrace-text.ts';
import { holdersOf } from './holders.ts';
import { lossesOf } from './played.ts';

const MiB = 1 << 20;

describe('allocator accounting', () => {
  test('buffers are charged to the process of the thread that allocated them', async () => {
    const run = await playedText(`
      cam-11 (   10) 1.0: dma_heap_stat: inode=1 len=4096B total_allocated=4096B
      cam-12 (   10) 1.1: dma_heap_stat: inode=2 len=8192B total_allocated=12288B
      view-20 (   20) 1.2: dma_heap_stat: inode=3 len=100B total_allocated=12388B
      kworker-30 (   30) 1.3: dma_heap_stat: inode=1 len=-4096B total_allocated=8292B`);
    const snapshot = run.snapshot();
    expect(run.facts.mode).toBe('allocator');
    expect(snapshot.mode).toBe('allocator');
    expect(chargesOf(snapshot)).toEqual({ 10: [8192], 20: [100] });
    expect(snapshot.buffers.files).toEqual([[{ dev: null, inode: 2 }], [{ dev: null, inode: 3 }]]);
    expect(snapshot.buffers.creator).toEqual([10, 20]);
    expect(snapshot.sums).toEqual([{ what: 'dma-buf heaps', pid: null, bytes: 8292, older: 0 }]);
    const answer = makeAnswer(findHolding(snapshot), { losses: run.losses });
    expect(answer.processes.filter(({ rss }) => rss > 0).map(({ pid, rss, uss }) => [pid, rss, uss])).toEqual([
      [10, 8192, 8192],
      [20, 100, 100],
    ]);
    expect(formatAnswer(answer)).toContain('Allocator accounting: only allocations and frees were recorded');
  });

  test('what is older than the recording is what the first total has more, less what is freed of it', async () => {
    const lines = `
      a-10 1.0: dma_heap_stat: inode=1 len=4096B total_allocated=${MiB + 4096}B
      a-10 1.1: dma_heap_stat: inode=77 len=-8192B total_allocated=${MiB - 4096}B`;
    const before = await playedText(lines, { at: 1_050_000_000n });
    expect(before.snapshot().sums).toEqual([{ what: 'dma-buf heaps', pid: null, bytes: MiB + 4096, older: MiB }]);
    expect(chargesOf(before.snapshot())).toEqual({ 10: [4096], nobody: [MiB] });
    const after = await playedText(lines);
    expect(after.snapshot().sums).toEqual([{ what: 'dma-buf heaps', pid: null, bytes: MiB - 4096, older: MiB - 8192 }]);
    expect(lossesOf(after)).toEqual({ free_of_older: 1, task_without_start: 1 });
  });

  test('a total that changed by more than its event is a loss, one that was only printed late is none', async () => {
    const lost = await playedText(`
      a-10 1.0: dma_heap_stat: inode=1 len=4096B total_allocated=4096B
      a-10 1.1: dma_heap_stat: inode=2 len=4096B total_allocated=16384B
      a-10 1.2: dma_heap_stat: inode=3 len=4096B total_allocated=20480B`);
    expect(lossesOf(lost)).toMatchObject({ total_inconsistent: 1 });
    expect(lost.snapshot().sums).toMatchObject([{ bytes: 20480, older: 0 }]);
    const swapped = await playedText(`
      a-10 1.0: dma_heap_stat: inode=1 len=4096B total_allocated=4096B
      a-10 1.000001: dma_heap_stat: inode=2 len=100B total_allocated=8292B
      a-11 1.000002: dma_heap_stat: inode=3 len=4096B total_allocated=8192B
      a-10 1.000003: dma_heap_stat: inode=3 len=-4096B total_allocated=4196B`);
    expect(lossesOf(swapped)).toMatchObject({ total_reordered: 1 });
    expect(lossesOf(swapped)['total_inconsistent']).toBeUndefined();
  });

  test('an identity that is given out again has lost its free', async () => {
    const run = await playedText(`
      a-10 1.0: dma_heap_stat: inode=1 len=4096B total_allocated=4096B
      b-20 1.1: dma_heap_stat: inode=1 len=8192B total_allocated=8192B`);
    expect(chargesOf(run.snapshot())).toEqual({ 20: [8192] });
    expect(lossesOf(run)).toMatchObject({ allocation_twice: 1, total_inconsistent: 1 });
  });

  test('threads that become known late take what they allocated to their process', async () => {
    const run = await playedText(`
      t-11 (-----) 1.0: dma_heap_stat: inode=1 len=4096B total_allocated=4096B
      t-11 (   10) 1.1: dma_heap_stat: inode=2 len=100B total_allocated=4196B`);
    expect(chargesOf(run.snapshot())).toEqual({ 10: [4096, 100] });
    expect(run.snapshot().processes.pid).toEqual([10]);
    expect(lossesOf(run)).toMatchObject({ task_joined_late: 1 });
  });

  test('a thread made by a clone allocates for its process, a child for itself, also after the end', async () => {
    const run = await playedText(`
      a-10 1.0: task_newtask: pid=11 comm=a clone_flags=3d0f00 oom_score_adj=0
      a-10 1.1: task_newtask: pid=12 comm=a clone_flags=0 oom_score_adj=0
      a-11 1.2: dma_heap_stat: inode=1 len=100B total_allocated=100B
      a-12 1.3: dma_heap_stat: inode=2 len=200B total_allocated=300B
      a-12 1.4: sched_process_exit: comm=a pid=12 prio=120`);
    const snapshot = run.snapshot();
    expect(chargesOf(snapshot)).toEqual({ 10: [100], 12: [200] });
    expect(snapshot.processes.state).toEqual(['alive', 'exited']);
  });

  test('an allocator service is not to blame for what its client asked for', async () => {
    const run = await playedText(`
      app-7 1.1: binder_transaction: transaction=50 dest_node=1 dest_proc=612 dest_thread=0 reply=0 flags=0x10 code=0x1
      allocator@4.0-s-612 1.2: binder_transaction_received: transaction=50
      allocator@4.0-s-612 1.3: dma_heap_stat: inode=9 len=4096B total_allocated=4096B
      allocator@4.0-s-612 1.4: binder_transaction: transaction=51 dest_node=0 dest_proc=7 dest_thread=7 reply=1 flags=0x0 code=0x0
      allocator@4.0-s-612 1.5: dma_heap_stat: inode=10 len=100B total_allocated=4196B
      other-8 1.6: binder_transaction: transaction=60 dest_node=1 dest_proc=9 dest_thread=0 reply=0 flags=0x10 code=0x1
      server-9 1.7: binder_transaction_received: transaction=60
      server-9 1.8: dma_heap_stat: inode=11 len=200B total_allocated=4396B`);
    expect(chargesOf(run.snapshot())).toEqual({ 7: [4096], 612: [100], 9: [200] });
  });

  test('of allocators of the same memory one is added up; others stand beside', async () => {
    const run = await playedText(`
      a-10 1.0: cma_alloc_finish: name=r pfn=0x10 page=ffff01 count=1 align=0 errorno=0
      a-10 1.1: dma_heap_stat: inode=1 len=4096B total_allocated=4096B
      a-10 1.2: kgsl_mem_alloc: gpuaddr=0x7f000 size=500 tgid=20 usage=texture id=9 flags=0x0
      a-10 1.3: i915_gem_object_create: obj=ffffffff81000040, size=0x100
      a-10 1.4: i915_gem_object_create: obj=ffffffff81000080, size=0x200
      a-10 1.5: i915_gem_object_destroy: obj=ffffffff81000040`);
    const snapshot = run.snapshot();
    expect(snapshot.buffers.exporter).toEqual(['dma-heap', 'kgsl', 'i915']);
    expect(snapshot.buffers.size).toEqual([4096, 500, 0x200]);
    expect(snapshot.buffers.name).toEqual([null, 'texture', null]);
    expect(snapshot.sums?.map(({ what }) => what)).toEqual(['dma-buf heaps']);
  });

  test('an ION heap without identities is one amount', async () => {
    const run = await playedText(`
      a-10 1.0: ion_heap_grow: heap_name=system, len=4096, total_allocated=8192
      a-10 1.1: ion_heap_shrink: heap_name=system, len=1024, total_allocated=12288
      a-10 1.2: ion_heap_grow: heap_name=camera, len=100, total_allocated=0`);
    const snapshot = run.snapshot();
    expect(snapshot.sums).toEqual([
      { what: 'ION heap system', pid: null, bytes: 11264, older: 8192 },
      { what: 'ION heap camera', pid: null, bytes: 100, older: 0 },
    ]);
    expect(snapshot.buffers.name).toEqual(['system', 'camera']);
    expect(lossesOf(run)).toMatchObject({ allocation_without_identity: 2 });
  });

  test('sums of GPUs and DSPs are shown and added to nothing', async () => {
    const run = await playedText(`
      a-10 1.0: gpu_mem_total: gpu_id=0 pid=0 size=9000
      a-10 1.1: gpu_mem_total: gpu_id=0 pid=612 size=1000
      a-10 1.2: gpu_mem_total: gpu_id=0 pid=612 size=2000
      a-10 1.3: fastrpc_dma_stat: cid=3 len=4096B total_allocated=8192B`);
    const snapshot = run.snapshot();
    expect(snapshot.buffers.length).toBe(0);
    expect(snapshot.sums).toEqual([
      { what: 'fastrpc DSP 3', pid: null, bytes: 8192, older: 4096 },
      { what: 'GPU 0', pid: null, bytes: 9000, older: null },
      { what: 'GPU 0', pid: 612, bytes: 2000, older: null },
    ]);
  });
});

describe('reference accounting', () => {
  test('dmabuf_rss_stat tells which process holds which buffer, through nothing it names', async () => {
    const run = await playedText(`
      a-10 1.0: dmabuf_rss_stat: rss=4096 delta=4096 i_ino=1
      b-20 1.1: dmabuf_rss_stat: rss=4096 delta=4096 i_ino=1
      b-20 1.2: dmabuf_rss_stat: rss=4196 delta=100 i_ino=2
      a-10 1.3: dmabuf_rss_stat: rss=0 delta=-4096 i_ino=1`);
    const snapshot = run.snapshot();
    expect(snapshot.mode).toBe('references');
    expect(chargesOf(snapshot)).toEqual({ 20: [4096, 100] });
    expect(snapshot.sums).toEqual([{ what: 'dma-bufs of a process', pid: 20, bytes: 4196, older: null }]);
  });

  test('the tracepoints of dma_buf: descriptors, imports and a free', async () => {
    const run = await playedText(`
      alloc-10 1.0: dma_heap_stat: inode=55 len=4096B total_allocated=4096B
      alloc-10 1.1: dma_buf_export: exp_name=system size=4096 ino=55
      alloc-10 1.2: dma_buf_fd: exp_name=system size=4096 ino=55 fd=12
      render-20 1.3: dma_buf_get: exp_name=system size=4096 ino=55 fd=140
      render-20 1.4: dma_buf_dynamic_attach: exp_name=system size=4096 ino=55 attachment:ff01 is_dynamic=0 dev_name=gpu
      alloc-10 1.5: dma_buf_export: exp_name=system size=100 ino=56
      alloc-10 1.6: dma_heap_stat: inode=57 len=300B total_allocated=4396B`);
    const snapshot = run.snapshot();
    expect(snapshot.mode).toBe('references');
    expect(holdersOf(snapshot)).toEqual(['#1: 10 fd 12', '#1: 20 fd 140']);
    expect(snapshot.buffers.kept[0]).toBe('kernel');
    // Of inode 57 only the allocation is known; inode 56 never got a descriptor and shows no release.
    expect(snapshot.buffers.files).toEqual([[{ dev: null, inode: 55 }], [{ dev: null, inode: 57 }]]);
    expect(snapshot.buffers.creator).toEqual([10, 10]);
    const freed = await playedText(`
      alloc-10 1.0: dma_buf_export: exp_name=system size=4096 ino=55
      alloc-10 1.1: dma_buf_fd: exp_name=system size=4096 ino=55 fd=12
      alloc-10 1.2: sys_close(fd: c)
      alloc-10 1.3: dma_heap_stat: inode=55 len=-4096B total_allocated=0B`);
    expect(freed.snapshot().buffers.length).toBe(0);
  });

  test('descriptors passed by binder, in one event and in two', async () => {
    const run = await playedText(`
      a-10 1.0: dma_buf_fd: exp_name=system size=4096 ino=55 fd=12
      b-20 1.1: dma_buf_fd: exp_name=system size=100 ino=1 fd=3
      a-10 1.2: binder_transaction: transaction=50 dest_node=1 dest_proc=20 dest_thread=0 reply=0 flags=0x10 code=0x1
      a-10 1.3: binder_transaction_fd: transaction=50 src_fd=12 ==> dest_fd=31
      a-10 1.4: binder_transaction_fd_send: transaction=51 src_fd=12 offset=24
      c-30 1.5: binder_transaction_fd_recv: transaction=51 dest_fd=7 offset=24
      a-10 1.6: binder_transaction_fd_send: transaction=52 src_fd=12 offset=24
      c-30 1.7: binder_transaction_fd_recv: transaction=99 dest_fd=8 offset=24`);
    expect(holdersOf(run.snapshot())).toEqual([
      '#1: 10 fd 12',
      '#1: 20 fd 31 cloexec',
      '#1: 30 fd 7 cloexec',
      '#1: in flight from 10',
      '#2: 20 fd 3',
    ]);
    expect(lossesOf(run)).toMatchObject({ receive_without_send: 1 });
  });

  test('a mapping without an address lasts until exec, where no system call tells', async () => {
    const lines = `
      a-10 1.0: dma_buf_mmap_internal: exp_name=system size=4096 ino=55
      b-20 1.1: dma_buf_mmap_internal: exp_name=system size=4096 ino=55
      a-10 1.2: sched_process_exec: filename=/bin/x pid=10 old_pid=10`;
    const run = await playedText(lines);
    expect(chargesOf(run.snapshot())).toEqual({ 20: [4096] });
    expect(lossesOf(run)).toMatchObject({ map_end_unknown: 2 });
  });

  test('system calls alone: a memfd without a name, and a heap buffer whose descriptor is inferred', async () => {
    const run = await playedText(`
      a-10 1.0: sys_memfd_create(uname: 7f00, flags: 1)
      a-10 1.1: sys_memfd_create -> 0x3
      a-10 1.2: sys_ftruncate(fd: 3, length: 2000)
      a-10 1.3: sys_ftruncate -> 0x0
      a-10 1.4: sys_mmap(addr: 0, len: 2000, prot: 3, flags: 1, fd: 3, off: 0)
      a-10 1.5: sys_mmap -> 0x7f0000001000
      a-10 1.6: sys_close(fd: 3)
      a-10 1.7: sys_close -> 0x0
      a-10 1.8: sys_ioctl(fd: 4, cmd: c0184800, arg: 7f00)
      a-10 1.9: sys_ioctl -> 0x0`);
    expect(holdersOf(run.snapshot())).toEqual(['#1: 10 map 7f0000001000+8192@0 rw-s', '#2: 10 fd 3 inferred']);
  });

  test('clones of a task that was not recorded, loss, and a file that is empty but for its header', async () => {
    const run = await playedText(`CPU:1 [LOST 5 EVENTS]`);
    expect(run.snapshot().buffers.length).toBe(0);
    expect(lossesOf(run)).toEqual({ lost_events: 5 });
    const header = await playedText('#');
    expect(header.facts.start).toBeNull();
    expect(header.losses).toEqual([]);
  });
});
