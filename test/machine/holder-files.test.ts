import { expect, test } from 'vitest';
import { IPC } from '../../lib/drivers/sysv-shm.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { decodeText } from '../../lib/core/text.ts';
import { readBundle } from '../captures/bundle.ts';

function captured(name: string, path: string): string {
  const bundle = readBundle(new URL(`../captures/realkernel/${name}.snap.gz`, import.meta.url));
  return decodeText(bundle.find((file) => file.path === path)!.data);
}

test('a ring that alone holds a dma-buf shows what a real kernel showed', () => {
  using kernel = new Machine();
  const server = kernel.spawn({ pid: 174 });
  for (let fd = 0; fd < 6; fd++) server.files.reserve(fd);
  expect(kernel.ioUringSetup(server, 4)).toBe(6);
  const fd = kernel.dmaHeap('system').alloc(server, { size: 1 << 20 });
  kernel.ioUrings.registerFiles(server, 6, [fd]);
  server.close(fd);
  const text = captured('ring-only', 'proc/174/fdinfo/6');
  expect(kernel.read('/proc/174/fdinfo/6')).toBe(text.replace(/mnt_id:\t\d+\nino:\t\d+/, 'mnt_id:\t0\nino:\t0'));
});

test('names of registered files are those of their dentries', () => {
  using kernel = new Machine();
  const task = kernel.spawn({ pid: 5 });
  const ring = kernel.ioUringSetup(task, 1);
  const [left] = task.socketpair();
  const fds = [kernel.memfdCreate(task, 'a b'), kernel.memfdCreate(task, 'x'.repeat(60)), -1, left];
  kernel.ioUrings.registerFiles(task, ring, [...fds, kernel.shmOpen(task, 'seg'), kernel.epolls.create(task)]);
  expect(kernel.read(`/proc/5/fdinfo/${ring}`)).toContain(
    'UserFiles:\t6\n    0: memfd:a b\n    1: \n    3: \n    4: seg\n    5: [eventpoll]\nUserBufs:\t0\n',
  );
});

test('a SysV segment shows what a real kernel showed', () => {
  using kernel = new Machine();
  const server = kernel.spawn({ pid: 174 });
  kernel.now = 1795264139n * 1_000_000_000n;
  const id = kernel.shmget(server, 0x5151, 65536, IPC.CREAT | 0o600);
  kernel.shmat(server, id, { address: 0x7f390b6a0000 });
  kernel.sysvShm.segments[0]!.buffer.resident = 65536;
  expect(kernel.read('/proc/sysvipc/shm')).toBe(captured('names', 'proc/sysvipc/shm'));
  const maps = captured('names', 'proc/174/maps').split('\n');
  expect(`${maps.find((line) => line.includes('SYSV'))}\n`).toBe(kernel.read('/proc/174/maps'));
});
