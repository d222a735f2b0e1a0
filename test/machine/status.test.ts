import { describe, expect, test } from 'vitest';
import { MFD } from '../../lib/drivers/memfd.ts';
import { SEAL } from '../../lib/drivers/shmem.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { CLONE_PTHREAD, MREMAP, PROT } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseSmaps, parseSmapsRollup } from '../../lib/procfs/smaps.ts';
import { parseStat, STAT } from '../../lib/procfs/stat.ts';
import { parseStatm } from '../../lib/procfs/statm.ts';
import { parseStatus } from '../../lib/procfs/status.ts';
import { refusal } from '../model/world.ts';

const MIB = 1 << 20;

interface Shown {
  readonly size: number;
  readonly anon: number;
  readonly shmem: number;
  readonly file: number;
}

/** What status, statm and stat agree on, in pages. */
function memory(kernel: Machine, task: Task): Shown {
  const { memory: kib } = parseStatus(kernel.read(`/proc/${task.pid}/status`))!.mm!;
  const statm = parseStatm(kernel.read(`/proc/${task.pid}/statm`))!;
  const { columns } = parseStat(kernel.read(`/proc/${task.pid}/stat`))!;
  expect(kib.rss).toBe(kib.rssAnon + kib.rssFile + kib.rssShmem);
  expect([kib.size / 4, kib.rss / 4, (kib.rssFile + kib.rssShmem) / 4]).toEqual([
    statm.size,
    statm.resident,
    statm.shared,
  ]);
  expect([columns[STAT.VSIZE], columns[STAT.RSS]]).toEqual([statm.size * 4096, statm.resident]);
  return { size: statm.size, anon: kib.rssAnon / 4, shmem: kib.rssShmem / 4, file: kib.rssFile / 4 };
}

function memfd(kernel: Machine, task: Task, size: number): number {
  const fd = kernel.memfdCreate(task, 'frame');
  task.ftruncate(fd, size);
  return fd;
}

describe('resident memory', () => {
  test('has nothing of a dma-buf mapped by page frame, however much it is used', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const fd = kernel.dmaHeap('system').alloc(task, { size: 8 * MIB });
    task.touch(task.mmap({ fd, length: 8 * MIB }), 8 * MIB);
    expect(memory(kernel, task)).toEqual({ size: 2048, anon: 0, shmem: 0, file: 0 });
    const { mappings } = parseSmaps(kernel.read(`/proc/${task.pid}/smaps`));
    expect(mappings[0]).toMatchObject({ figures: { Size: 8192, Rss: 0, Pss: 0 } });
    expect(mappings[0]!.flags.join(' ')).toBe('rd wr sh mr mw me ms pf io de dd sd');
  });

  test('has the pages of a memfd that this process has touched', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const address = task.mmap({ fd: memfd(kernel, task, MIB), length: MIB });
    expect(memory(kernel, task)).toEqual({ size: 256, anon: 0, shmem: 0, file: 0 });
    task.touch(address, 8192);
    task.touch(address + 4096, 8192);
    const child = task.fork();
    expect(memory(kernel, task).shmem).toBe(3);
    expect(memory(kernel, child)).toEqual({ size: 256, anon: 0, shmem: 0, file: 0 });
    task.munmap(address + 4096, 4096);
    expect(memory(kernel, task)).toMatchObject({ size: 255, shmem: 2 });
    task.munmap(address, MIB);
    task.mmap({ fd: 0, length: MIB, address, fixed: true });
    expect(memory(kernel, task).shmem).toBe(0);
  });

  test('moves with the mapping', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const address = task.mmap({ fd: memfd(kernel, task, MIB), length: 8 * 4096 });
    task.touch(address + 4096, 4096);
    task.touch(address + 7 * 4096, 4096);
    const moved = task.mremap(address, 8 * 4096, 4 * 4096, MREMAP.MAYMOVE | MREMAP.FIXED, 0x10000000);
    expect([moved, memory(kernel, task).shmem]).toEqual([0x10000000, 1]);
    expect(task.mm.touched.within(0, 2 ** 47)).toEqual([{ start: 0x10001000, end: 0x10002000 }]);
  });

  test('of a private mapping is its own', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const fd = memfd(kernel, task, MIB);
    task.touch(task.mmap({ fd, length: MIB, shared: false }), MIB);
    task.touch(task.mmap({ fd, length: MIB, shared: false, prot: PROT.READ }), 4096);
    expect(memory(kernel, task)).toEqual({ size: 512, anon: 256, shmem: 1, file: 0 });
  });

  test('has what drivers charge as anonymous pages, without a line of its own', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const before = kernel.read(`/proc/${task.pid}/status`).split('\n').length;
    task.mm.chargeDriverPages(2048);
    expect(memory(kernel, task)).toEqual({ size: 0, anon: 2048, shmem: 0, file: 0 });
    expect(kernel.read(`/proc/${task.pid}/status`).split('\n')).toHaveLength(before);
    expect(kernel.read(`/proc/${task.pid}/statm`)).toBe('0 2048 0 0 0 0 0\n');
    expect(memory(kernel, task.fork()).anon).toBe(0);
  });

  test('touching a hole is a fault', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const address = task.mmap({ fd: memfd(kernel, task, 4096), length: 4096 });
    expect(refusal(() => task.touch(address, 8192))).toBe('EFAULT');
    expect(memory(kernel, task).shmem).toBe(1);
    task.mprotect(address, 4096, PROT.NONE);
    expect(refusal(() => task.touch(address, 4096))).toBe('EFAULT');
  });
});

describe('smaps', () => {
  test('divides a page by how often it is mapped, in one process too', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const fd = memfd(kernel, task, 4 * 4096);
    const address = task.mmap({ fd, length: 4 * 4096 });
    task.touch(address, 4 * 4096);
    const [one, two] = [task.fork(), task.fork()];
    one.touch(address, 2 * 4096);
    two.touch(address + 4096, 4096);
    two.touch(two.mmap({ fd, length: 4096, offset: 4096 }), 4096);
    // Pages 2 and 3 are the task's alone, page 0 is mapped twice, page 1 four times.
    const [mapping] = parseSmaps(kernel.read(`/proc/${task.pid}/smaps`)).mappings;
    expect(mapping!.figures).toMatchObject({ Rss: 16, Pss: 11, Shared_Dirty: 8, Private_Dirty: 8, Pss_Dirty: 11 });
    expect(parseSmapsRollup(kernel.read(`/proc/${two.pid}/smaps_rollup`))!.figures).toMatchObject({
      Rss: 8,
      Pss: 2,
      Pss_Shmem: 2,
      Pss_Anon: 0,
    });
  });

  test('shows flags of a mapping', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const flags = (): readonly string[] => parseSmaps(kernel.read(`/proc/${task.pid}/smaps`)).mappings[0]!.flags;
    const memfd = kernel.memfdCreate(task, 'x', MFD.ALLOW_SEALING);
    task.ftruncate(memfd, 4096);
    const address = task.mmap({ fd: memfd, length: 4096 });
    expect(flags().join(' ')).toBe('rd wr sh mr mw me ms sd');
    task.munmap(address, 4096);
    task.addSeals(memfd, SEAL.WRITE);
    task.madvise(task.mmap({ fd: memfd, length: 4096, prot: PROT.READ }), 4096, 10);
    expect(flags().join(' ')).toBe('rd sh mr me ms dc sd');
    task.munmap(address, 4096);
    task.mmap({ fd: memfd, length: 4096, shared: false });
    expect(flags().join(' ')).toBe('rd wr mr mw me ac sd');
  });
});

describe('status', () => {
  const status = (kernel: Machine, path: string): NonNullable<ReturnType<typeof parseStatus>> =>
    parseStatus(kernel.read(path))!;

  test('tells who a task is', () => {
    using kernel = new Machine();
    const task = kernel.spawn({ pid: 612, comm: 'camera', credentials: { uid: 1000, gid: 100, groups: [7, 8] } });
    const child = task.fork({ pid: 613 });
    child.exec('su', { setuid: 0 });
    expect(status(kernel, '/proc/613/status')).toMatchObject({
      name: 'su',
      state: 'S (sleeping)',
      pid: 613,
      ppid: 612,
      uid: [1000, 0, 0, 0],
      gid: [100, 100, 100, 100],
      groups: [7, 8],
      threads: 1,
      fdSize: 64,
      umask: '0022',
    });
    expect(kernel.read('/proc/613/status')).toContain('CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n');
    expect(kernel.read('/proc/612/status')).toContain('CapPrm:\t0000000000000000\n');
    expect(parseStatus(kernel.read('/proc/612/status', { as: task }))!.state).toBe('R (running)');
    expect(status(kernel, '/proc/612/status').ppid).toBe(1);
  });

  test('of a thread, and of a leader that has ended', () => {
    using kernel = new Machine();
    const task = kernel.spawn({ pid: 612, comm: 'peer' });
    task.clone(CLONE_PTHREAD, { pid: 613, comm: 'worker' });
    task.clone(CLONE_PTHREAD, { pid: 614 });
    expect(status(kernel, '/proc/612/task/613/status')).toMatchObject({ name: 'worker', tgid: 612, pid: 613 });
    task.exit();
    expect(status(kernel, '/proc/612/status')).toMatchObject({
      state: 'Z (zombie)',
      fdSize: 0,
      threads: 3,
      umask: null,
      mm: null,
    });
    expect(kernel.read('/proc/612/statm')).toBe('0 0 0 0 0 0 0\n');
    expect(kernel.read('/proc/612/stat')).toMatch(/^612 \(peer\) Z 1 /);
    expect(kernel.read('/proc/612/smaps')).toBe('');
    expect(refusal(() => kernel.read('/proc/612/smaps_rollup'))).toBe('ESRCH');
    expect(kernel.list('/proc/612/map_files')).toEqual([]);
  });

  test('has as many slots as the table has room for', () => {
    using kernel = new Machine();
    const task = kernel.spawn();
    const size = (): number => status(kernel, `/proc/${task.pid}/status`).fdSize;
    kernel.memfdCreate(task, 'x');
    const sizes = [63, 64, 127, 128, 300].map((fd) => {
      task.dup2(0, fd);
      return size();
    });
    expect(sizes).toEqual([64, 128, 128, 256, 512]);
  });

  test('ids that the reader’s user namespace has no number for are 65534', () => {
    using kernel = new Machine();
    const task = kernel.spawn({ pid: 612, credentials: { uid: 1000, gid: 1000 } });
    const inside = task.fork();
    inside.unshareUser();
    const seen = (): readonly number[] => parseStatus(kernel.read('/proc/612/status', { as: inside }))!.uid;
    expect(seen()).toEqual([65534, 65534, 65534, 65534]);
    inside.credentials.userNamespace.root = { uid: 1000, gid: 1000 };
    expect(seen()).toEqual([0, 0, 0, 0]);
  });
});

test('stat hides addresses and the exit code from who may not look', () => {
  using kernel = new Machine();
  const target = kernel.spawn({ pid: 612, comm: 'a', parent: kernel.spawn() });
  const stranger = kernel.spawn({ credentials: { uid: 1000 } });
  const columns = (as: Task | null): readonly unknown[] => {
    const stat = parseStat(kernel.read('/proc/612/stat', { as }))!.columns;
    return [stat[STAT.STARTCODE], stat[STAT.ENDCODE], stat[STAT.EXIT_CODE]];
  };
  expect([columns(null), columns(stranger)]).toEqual([
    [0, 0, 0],
    [1, 1, 0],
  ]);
  target.exitGroup(3);
  expect(columns(null)).toEqual([0, 0, 3 << 8]);
});

describe('map_files', () => {
  test('has a link for each mapping, which only the mighty follow', () => {
    using kernel = new Machine();
    const task = kernel.spawn({ pid: 612, credentials: { uid: 1000, gid: 1000 } });
    const fd = kernel.dmaHeap('system').alloc(task, { size: 8192 });
    task.file(fd).setName('CAM');
    const address = task.mmap({ fd, length: 8192 });
    const name = `${address.toString(16)}-${(address + 8192).toString(16)}`;
    expect(kernel.list('/proc/612/map_files', { as: task })).toEqual([name]);
    const path = `/proc/612/map_files/${name}`;
    expect(kernel.readlink(path, { as: task })).toBe('/dmabuf:CAM');
    expect(kernel.lstat(path)).toMatchObject({ type: 'link', mode: 0o600, size: 64, uid: 1000 });
    expect(kernel.stat(path)).toMatchObject({ size: 8192, inode: 1 });
    expect(refusal(() => kernel.stat(path, { as: task }))).toBe('EPERM');
    expect(refusal(() => kernel.readlink(`/proc/612/map_files/0${name}`))).toBe('ENOENT');
    expect(refusal(() => kernel.readlink('/proc/612/map_files/0-1000'))).toBe('ENOENT');
    task.mprotect(address, 4096, PROT.READ);
    expect(kernel.list('/proc/612/map_files')).toHaveLength(2);
    expect(refusal(() => kernel.readlink(path))).toBe('ENOENT');
  });
});
