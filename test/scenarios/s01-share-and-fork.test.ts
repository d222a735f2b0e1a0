/**
 * S1: P1 allocates B and shares it at fd 3, dups it to 4, frees its handle, maps it, sends fd 3, which P2 receives at 5; P1 forks P3,
 * which closes fd 3.
 */
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import type { Buffer } from '../../lib/model/buffer.ts';
import type { Task } from '../../lib/model/task.ts';
import type { RuleName } from '../../lib/rules/index.ts';
import {
  allocate,
  BOTH,
  chargesOf,
  connect,
  countIn,
  DEVICE,
  fill,
  handleOf,
  openMachine,
  PAGES,
  type Semantics,
  SIZE,
  SOCKET,
  userspaceHandles,
} from './stage.ts';

interface Seen {
  readonly handles: readonly unknown[];
  readonly userspaceHandles: number;
  readonly count: number | undefined;
}

interface Scene {
  readonly kernel: Machine;
  readonly p1: Task;
  readonly p2: Task;
  readonly p3: Task;
  /** After each step: the handles of P1, P2 and P3 in memtrack, userspace_handles, fdinfo's count. */
  readonly after: Readonly<Record<string, Seen>>;
  /** ION's heap after the handle was freed. */
  readonly heap: string;
}

function play(semantics: Semantics): Scene {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100, comm: 'p1' });
  const p2 = kernel.spawn({ pid: 200, comm: 'p2' });
  fill(p1, 3);
  fill(p2, 5);
  connect(p1, p2);
  const handle = allocate(kernel, p1);
  const [buffer] = [...kernel.buffers.values()] as [Buffer];
  const after: Record<string, Seen> = {};
  let p3: Task | null = null;
  const look = (step: string): void => {
    after[step] = {
      handles: [p1, p2, p3].map((task) => (task === null ? null : handleOf(task, buffer))),
      userspaceHandles: userspaceHandles(kernel, buffer),
      count: countIn(kernel, p1, 3),
    };
  };
  expect(kernel.ion().share(p1, DEVICE, handle)).toBe(3);
  p1.setCloexec(3, false);
  look('a');
  expect(p1.dup(3)).toBe(4);
  look('b');
  kernel.ion().free(p1, DEVICE, handle);
  look('c');
  const heap = kernel.read('/sys/kernel/debug/ion/heaps/system');
  p1.close(DEVICE);
  p1.mmap({ fd: 3, length: SIZE });
  look('d');
  p1.sendmsg(SOCKET, [3]);
  look('e');
  expect(p2.recvmsg(SOCKET).fds).toEqual([5]);
  look('f');
  p3 = p1.fork({ pid: 300, comm: 'p3' });
  look('g');
  p3.close(3);
  look('h');
  return { kernel, p1, p2, p3, after, heap };
}

const P1 = { kref: 2, vmas: 1 };
const P2 = { kref: 1, vmas: 0 };

describe.each(BOTH)('S1, share and fork, %s', (semantics) => {
  const posted = semantics === 'posted';

  test('handles, userspace_handles and count after every step', () => {
    expect(play(semantics).after).toEqual({
      a: { handles: [{ kref: 1, vmas: 0 }, null, null], userspaceHandles: 1, count: 1 },
      b: { handles: [{ kref: 2, vmas: 0 }, null, null], userspaceHandles: 1, count: 2 },
      c: { handles: [{ kref: 2, vmas: 0 }, null, null], userspaceHandles: 1, count: 2 },
      d: { handles: [P1, null, null], userspaceHandles: 1, count: 3 },
      e: { handles: [P1, null, null], userspaceHandles: 1, count: 4 },
      f: { handles: [P1, P2, null], userspaceHandles: 2, count: 4 },
      g: { handles: [P1, P2, { kref: posted ? 1 : 2, vmas: 1 }], userspaceHandles: 3, count: 7 },
      h: { handles: [P1, P2, posted ? null : { kref: 1, vmas: 1 }], userspaceHandles: posted ? 2 : 3, count: 6 },
    });
  });

  test('the heap lists B as orphaned once its handle is freed', () => {
    const { kernel, heap } = play(semantics);
    const orphan = '              p1              100          8388608 0 1\n';
    expect(heap).toContain(`orphaned allocations (info is from last known client):\n${orphan}`);
    expect(heap).toContain('  total orphaned          8388608\n          total           8388608\n');
    expect(kernel.read('/sys/kernel/debug/ion/heaps/system')).toContain(orphan);
  });

  test("memtrack's files", () => {
    const { kernel } = play(semantics);
    const header =
      ' ref_count:       Identifier:         size:          tag:    startAddr-endAddr: Flags:    pgOff: pid:';
    const row = `${posted ? '         2' : '         3'}                 0       8388608              \n`;
    const vma = `${' '.repeat(56)}7ffff77ff000-7ffff7fff000  rw-s#  00000000\n`;
    expect(kernel.read('/proc/100/memtrack')).toBe(`${header}100\n${row}${vma}`);
    expect(kernel.read('/proc/200/memtrack')).toBe(`${header}200\n${row}`);
    expect(kernel.read('/proc/300/memtrack')).toBe(posted ? '' : `${header}300\n${row}${vma}`);
    expect(kernel.read('/sys/kernel/debug/memtrack')).toBe(
      ` pid  buffer_size        ref   Identifier tag\n 100      8388608          ${posted ? 2 : 3}            0 \n`,
    );
  });

  test('fdinfo, maps, bufinfo and dmabuf_fds', () => {
    const { kernel } = play(semantics);
    const info = kernel.read('/proc/300/fdinfo/4');
    expect(info).toContain('ino:\t27\nsize:\t8388608\ncount:\t6\nexp_name:\tion\n');
    expect(info).not.toContain('name:\t\n');
    expect(kernel.read('/proc/100/maps')).toMatch(/^7ffff77ff000-7ffff7fff000 rw-s 00000000 00:0b 27 +\/dmabuf:\n$/);
    expect(kernel.read('/proc/200/maps')).toBe('');
    expect(kernel.read('/proc/300/maps')).toBe(kernel.read('/proc/100/maps'));
    expect(kernel.read('/sys/kernel/debug/dma_buf/bufinfo')).toContain(
      '08388608\t00000002\t00080007\t00000006\tion\t00000027\t<none>\n',
    );
    expect(kernel.read('/sys/kernel/debug/dma_buf/bufinfo')).toContain('\nTotal 1 objects, 8388608 bytes\n');
    expect([100, 200, 300].map((pid) => kernel.read(`/proc/${pid}/task/${pid}/dmabuf_fds`))).toEqual([
      '      27       27 ',
      '      27 ',
      '      27 ',
    ]);
  });

  test('what each rule charges', () => {
    const { kernel, p1, p2, p3 } = play(semantics);
    const charges = (name: RuleName): Readonly<Record<number, number>> => chargesOf(kernel, name);
    const whole = { 100: SIZE, 200: SIZE, 300: SIZE };
    expect(charges('rss')).toEqual(whole);
    expect(charges('libdmabufinfoRss')).toEqual(whole);
    expect(charges('libdmabufinfoPss')).toEqual({ 100: 2_796_202, 200: 2_796_202, 300: 2_796_202 });
    expect(Math.floor(2_796_202 / 1024)).toBe(2730);
    expect(Math.floor((3 * 2_796_202) / 1024)).toBe(8191);
    expect(charges('pss')).toEqual({ 100: 2_796_203, 200: 2_796_203, 300: 2_796_202 });
    expect(charges('uss')).toEqual({});
    expect(charges('perFileBadness')).toEqual({ 100: 684 * 4096, 200: 342 * 4096, 300: 342 * 4096 });
    expect(charges('perFileRss')).toEqual({ 100: 2 * PAGES * 4096, 200: PAGES * 4096, 300: PAGES * 4096 });
    expect(charges('smapsRss')).toEqual({});
    expect(charges('smapsPss')).toEqual({});
    expect([p1, p2, p3].map(({ mm }) => mm.vmas.reduce((sum, vma) => sum + vma.end - vma.start, 0) / 1024)).toEqual([
      8192, 0, 8192,
    ]);
    for (const name of ['memcgDmabuf', 'gpuCgroup', 'perfettoDmaHeap'] as const)
      expect(charges(name)).toEqual({ 100: SIZE });
    p1.exitGroup();
    for (const name of ['memcgDmabuf', 'gpuCgroup', 'perfettoDmaHeap'] as const)
      expect(charges(name)).toEqual({ 100: SIZE });
    p2.exitGroup();
    p3.exitGroup();
    expect(charges('memcgDmabuf')).toEqual({});
    expect(kernel.buffers.size).toBe(0);
  });
});
