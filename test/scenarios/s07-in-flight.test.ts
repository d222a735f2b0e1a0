/** S7: P1 sends B and closes its fd; P2 has not received it. Then the socket is closed, or found unreachable. */
import { describe, expect, test } from 'vitest';
import { Socket } from '../../lib/model/socket.ts';
import type { Machine } from '../../lib/machine/machine.ts';
import type { Task } from '../../lib/model/task.ts';
import { findHolding, rules } from '../../lib/rules/index.ts';
import {
  allocateShared,
  BOTH,
  chargesOf,
  connect,
  fill,
  handleOf,
  openMachine,
  type Semantics,
  SIZE,
  SOCKET,
  userspaceHandles,
} from './stage.ts';

interface Scene {
  readonly kernel: Machine;
  readonly p1: Task;
  readonly p2: Task;
}

function start(semantics: Semantics): Scene {
  const kernel = openMachine(semantics);
  const p1 = kernel.spawn({ pid: 100 });
  const p2 = kernel.spawn({ pid: 200 });
  fill(p1, 3);
  fill(p2, 5);
  connect(p1, p2);
  allocateShared(kernel, p1);
  return { kernel, p1, p2 };
}

describe.each(BOTH)('S7, in flight only, %s', (semantics) => {
  test('no process holds it', () => {
    const { kernel, p1, p2 } = start(semantics);
    p1.sendmsg(SOCKET, [3]);
    p1.close(3);
    const [buffer] = kernel.buffers.values();
    expect([p1, p2].map((task) => handleOf(task, buffer!))).toEqual([null, null]);
    expect(userspaceHandles(kernel, buffer!)).toBe(0);
    expect(kernel.read('/sys/kernel/debug/dma_buf/bufinfo')).toContain('\t00000001\tion\t00000027\t');
    expect(kernel.read('/sys/kernel/debug/memtrack')).toContain(' 100      8388608          0            0 \n');
    for (const pid of [100, 200]) {
      expect(kernel.read(`/proc/${pid}/memtrack`)).toBe('');
      expect(kernel.read(`/proc/${pid}/maps`)).toBe('');
      expect(kernel.read(`/proc/${pid}/task/${pid}/dmabuf_fds`)).toBe('');
    }
    for (const rule of ['rss', 'pss', 'libdmabufinfoRss', 'dmabufFds', 'perFileBadness', 'perFileRss'] as const)
      expect(chargesOf(kernel, rule), rule).toEqual({});
    // kernel_rss of dmabuf_dump: what sysfs sums up less what processes hold.
    expect(rules.libdmabufinfoRss(findHolding(kernel.snapshot())).unattributed).toBe(SIZE);
    expect(kernel.snapshot().inFlight).toMatchObject({ length: 1, from: [100] });
    expect(chargesOf(kernel, 'memcgDmabuf')).toEqual({ 100: SIZE });

    expect(p2.recvmsg(SOCKET).fds).toEqual([5]);
    expect(chargesOf(kernel, 'rss')).toEqual({ 200: SIZE });
  });

  test('it goes when the socket is closed', () => {
    const { kernel, p1, p2 } = start(semantics);
    p1.sendmsg(SOCKET, [3]);
    p1.close(3);
    p2.close(SOCKET);
    expect(kernel.buffers.size).toBe(0);
  });

  test('it goes with a cycle of sockets that nobody reaches', () => {
    const { kernel, p1 } = start(semantics);
    const [left, right] = Socket.pair(kernel);
    p1.files.installAt(p1, 30, left);
    p1.files.installAt(p1, 31, right);
    p1.sendmsg(30, [3, 31]);
    p1.close(3);
    p1.close(31);
    expect(kernel.buffers.size).toBe(1);
    p1.close(30);
    expect(kernel.buffers.size).toBe(0);
  });
});
