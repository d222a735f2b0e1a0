/** /sys/kernel/debug/ion of the assembled kernel. */
import { expect, test } from 'vitest';
import { Machine } from '../../lib/machine/machine.ts';
import { parseBufinfo } from '../../lib/procfs/bufinfo-parse.ts';
import { refusal } from '../model/world.ts';

const ION = '/sys/kernel/debug/ion';

function start(release: '4.8' | '4.9' = '4.9') {
  const kernel = new Machine();
  const ion = kernel.ion({
    release,
    heaps: [
      { name: 'system', id: 0, lazy: true, debugLines: () => ['0 order 8 highmem pages uncached 0 total'] },
      { name: 'carveout', id: 3, type: 2, bytes: 1 << 20, deferredFree: false },
    ],
  });
  const sf = kernel.spawn({ pid: 312, comm: 'surfaceflinger' });
  const app = kernel.spawn({ pid: 4242, comm: 'app' });
  return { kernel, ion, sf, app };
}

test('a heap lists clients with handles, orphans under their last client, and sums', () => {
  const { kernel, ion, sf, app } = start();
  const device = ion.open(sf);
  const handle = ion.alloc(sf, device, { size: 8294400, heapIdMask: 1 });
  const mine = ion.open(app);
  ion.import(app, mine, app.pidfdGetfd(sf, ion.share(sf, device, handle)));
  const orphan = ion.alloc(app, mine, { size: 4096, heapIdMask: 1 });
  ion.share(app, mine, orphan);
  ion.share(app, mine, orphan);
  ion.free(app, mine, orphan);
  ion.alloc(app, mine, { size: 4096, heapIdMask: 8 });
  ion.open(kernel.spawn({ comm: 'idle' }));
  ion.free(app, mine, ion.alloc(app, mine, { size: 12288, heapIdMask: 1 }));
  expect(kernel.read(`${ION}/heaps/system`)).toBe(`          client              pid             size
----------------------------------------------------
  surfaceflinger              312          8294400
             app             4242          8294400
----------------------------------------------------
orphaned allocations (info is from last known client):
             app             4242             4096 0 2
----------------------------------------------------
  total orphaned             4096
          total           8298496
   deferred free            12288
----------------------------------------------------
0 order 8 highmem pages uncached 0 total
`);
  expect(kernel.read(`${ION}/heaps/carveout`)).toBe(`          client              pid             size
----------------------------------------------------
             app             4242             4096
----------------------------------------------------
orphaned allocations (info is from last known client):
----------------------------------------------------
  total orphaned                0
          total              4096
----------------------------------------------------
`);
  expect(kernel.read(`${ION}/clients/4242-0`)).toBe(`       heap_name:    size_in_bytes
          system:          8294400
        carveout:             4096
`);
});

test('4.8 prints blanks for names', () => {
  const { kernel, ion, sf } = start('4.8');
  ion.alloc(sf, ion.open(sf), { size: 4096, heapIdMask: 8 });
  const blank = ' '.repeat(16);
  expect(kernel.read(`${ION}/heaps/carveout`).split('\n').slice(0, 3)).toEqual([
    `${blank} ${blank} ${blank}`,
    '-'.repeat(52),
    `${blank}              312             4096`,
  ]);
});

test('each shared dma-buf has an fdinfo, a name and a line of bufinfo of its own', () => {
  const { kernel, ion, sf } = start();
  const device = ion.open(sf);
  const [early, late] = [1, 1].map(() => ion.alloc(sf, device, { size: 8192, heapIdMask: 8 }));
  const fds = [ion.share(sf, device, late!), ion.share(sf, device, early!), ion.share(sf, device, early!)];
  sf.file(fds[1]!).setName('A');
  sf.file(fds[2]!).setName('B');
  sf.dup(fds[1]!);
  expect(kernel.read('/proc/312/fdinfo/2')).toMatch(/\nsize:\t8192\ncount:\t2\nexp_name:\tion\nname:\tA\n$/);
  expect(kernel.read('/proc/312/fdinfo/3')).toMatch(/\ncount:\t1\nexp_name:\tion\nname:\tB\n$/);
  expect(kernel.readlink('/proc/312/fd/3')).toBe('/dmabuf:B');
  expect(kernel.stat('/proc/312/fd/3')).toMatchObject({ inode: 3, blocks: 16 });
  expect(kernel.read('/proc/312/task/312/dmabuf_fds')).toBe('       1        2        3        2 ');
  const rows = parseBufinfo(kernel.read('/sys/kernel/debug/dma_buf/bufinfo'))!.objects;
  expect(rows.map(({ inode, count, name }) => [inode, count, name])).toEqual([
    [3, 1, 'B'],
    [2, 2, 'A'],
    [1, 1, null],
  ]);
});

test('directories list the newest first; serials count the living of a name', () => {
  const { kernel, ion, sf, app } = start();
  const [first, second] = [ion.open(sf), ion.open(sf)];
  ion.open(app);
  expect(kernel.list(ION)).toEqual(['clients', 'heaps']);
  expect(kernel.list(`${ION}/heaps`)).toEqual(['carveout', 'system']);
  expect(kernel.list(`${ION}/clients`)).toEqual(['4242-0', '312-1', '312-0']);
  sf.close(first);
  ion.open(sf);
  expect(kernel.list(`${ION}/clients`)).toEqual(['312-2', '4242-0', '312-1']);
  sf.closeRange(0, 99);
  ion.open(sf);
  expect(kernel.list(`${ION}/clients`)).toEqual(['312-0', '4242-0']);
  expect(second).toBe(1);
});

test('a file that is gone is ENOENT; who opened it in time reads that the client is dead', () => {
  const { kernel, ion, sf } = start();
  const device = ion.open(sf);
  const opened = kernel.open(`${ION}/clients/312-0`);
  sf.close(device);
  expect(opened.read()).toBe("ion_client 0x0000000000000000 dead, can't dump its buffers\n");
  for (const path of [`${ION}/clients/312-0`, `${ION}/heaps/none`, `${ION}/other`])
    expect(refusal(() => kernel.read(path))).toBe('ENOENT');
  expect(refusal(() => new Machine().list(ION))).toBe('ENOENT');
});

test('the name of a client is its leader now, its number that of then', () => {
  const { kernel, ion, sf } = start();
  ion.alloc(sf, ion.open(sf), { size: 4096, heapIdMask: 8 });
  sf.comm = 'renamed';
  expect(kernel.read(`${ION}/heaps/carveout`)).toContain('         renamed              312             4096\n');
});
