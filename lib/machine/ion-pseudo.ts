import type { IonBuffer } from '../drivers/ion-buffer.ts';
import type { IonClient } from '../drivers/ion-client.ts';
import type { IonHeap } from '../drivers/ion-heap.ts';
import type { Ion } from '../drivers/ion.ts';
import { formatIonClient, formatIonHeap } from '../procfs/ion-debugfs.ts';
import type { PseudoDirectory, PseudoFileNode, PseudoText } from './pseudo-node.ts';

/** debugfs has no lengths. */
const STAT = { type: 'file', mode: 0o664, uid: 0, gid: 0, size: 0 } as const;

/** /sys/kernel/debug/ion: directories list what came last first (simple_dir_operations). */
export function ionDirectory(ion: Ion): PseudoDirectory {
  const heaps = directory(
    () => ion.addedHeaps.toReversed().map((heap) => heap.name),
    (name) => heapFile(ion, name),
  );
  const clients = directory(
    () => ion.clients.toReversed().map((client) => client.displayName),
    (name) => clientFile(ion, name),
  );
  return directory(
    () => ['clients', 'heaps'],
    (name) => (name === 'heaps' ? heaps : name === 'clients' ? clients : null),
  );
}

function directory(names: () => readonly string[], entry: PseudoDirectory['entry']): PseudoDirectory {
  return { type: 'directory', names, entry };
}

function heapFile(ion: Ion, name: string): PseudoFileNode | null {
  const heap = ion.heaps.find((each) => each.name === name);
  return heap === undefined ? null : { type: 'file', read: () => heapText(ion, heap), stat: () => STAT };
}

/** ion_debug_heap_show. Clients stand in the kernel by address, here in the order they were opened. */
function heapText(ion: Ion, heap: IonHeap): PseudoText {
  const clients = ion.clients
    .map((client) => ({ name: client.comm, pid: client.pid, size: sizeIn(client, heap) }))
    .filter(({ size }) => size > 0);
  const buffers = ion.buffers.filter((buffer) => buffer.heap === heap);
  const orphans = buffers.filter((buffer) => buffer.handles === 0);
  const text = formatIonHeap(
    {
      clients,
      orphans: orphans.map(({ comm, pid, size, kernelMaps, refs }) => ({ name: comm, pid, size, kernelMaps, refs })),
      totalOrphaned: sum(orphans),
      total: sum(buffers),
      deferredFree: heap.deferredFree ? heap.freelistBytes : null,
      lines: heap.debugLines,
    },
    ion.release,
  );
  const unknown = [...clients.map(({ name }) => name), ...orphans.map(({ comm }) => comm)].includes(null);
  return { text, standIns: unknown ? ['names of tasks that are not known are blank'] : [] };
}

function clientFile(ion: Ion, name: string): PseudoFileNode | null {
  const client = ion.clients.find((each) => each.displayName === name);
  return client === undefined ? null : { type: 'file', read: () => clientText(ion, client), stat: () => STAT };
}

/** ion_debug_client_show: ascending by heap id; who opened the file in time may read it after the client is gone. */
function clientText(ion: Ion, client: IonClient): PseudoText {
  if (!client.alive) {
    const text = "ion_client 0x0000000000000000 dead, can't dump its buffers\n";
    return { text, standIns: ['addresses of clients are 0'] };
  }
  const heaps = ion.heaps
    .toReversed()
    .map((heap) => ({ heap: heap.name, size: sizeIn(client, heap) }))
    .filter(({ size }) => size > 0);
  return { text: formatIonClient(heaps), standIns: [] };
}

/** ion_debug_heap_total. */
function sizeIn(client: IonClient, heap: IonHeap): number {
  return sum(client.handles.map(({ buffer }) => buffer).filter((buffer) => buffer.heap === heap));
}

function sum(buffers: readonly IonBuffer[]): number {
  return buffers.reduce((total, { size }) => total + size, 0);
}
