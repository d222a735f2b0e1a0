/**
 * debugfs of ION with clients. Linux: ion_debug_heap_show() and ion_debug_client_show() in drivers/staging/android/ion/ion.c.
 * Widths count bytes. Here the text is written; lib/procfs/ion-debugfs-parse.ts reads it.
 */

import { decodeText, encodeText } from '../core/text.ts';

/** Linux 4.8 prints blanks where 4.9 prints names: its format asks for no characters of them (`%16.s`). */
export type IonDebugfsForm = '4.8' | '4.9';

/** A client with handles in the heap: its task's name, or a driver's. */
export interface IonHeapClient {
  /** null: blanks stand there. */
  readonly name: string | null;
  readonly pid: number;
  /** Sum of its handles' buffers in this heap, bytes. */
  readonly size: number;
}

/** A buffer without any handle; name and pid are the last client's. */
export interface IonOrphan {
  readonly name: string | null;
  readonly pid: number;
  readonly size: number;
  /** Kernel mappings. */
  readonly kernelMaps: number;
  /** Dma-bufs of it. */
  readonly refs: number;
}

/** /sys/kernel/debug/ion/heaps/NAME. */
export interface IonHeapText {
  readonly clients: readonly IonHeapClient[];
  readonly orphans: readonly IonOrphan[];
  /** Bytes of the orphans. */
  readonly totalOrphaned: number;
  /** Bytes of all the heap's buffers, those on the freelist not among them. */
  readonly total: number;
  /** Bytes on the freelist; null: the heap frees at once. */
  readonly deferredFree: number | null;
  /** What the heap itself adds, lines without newline. */
  readonly lines: readonly string[];
}

/** A row of /sys/kernel/debug/ion/clients/PID-SERIAL: what the client's handles in a heap come to, bytes. */
export interface IonClientHeap {
  readonly heap: string;
  readonly size: number;
}

const DASHES = '-'.repeat(52);
const WIDTH = 16;

/**
 * The file of a heap.
 *
 * @example
 * const nothing = { clients: [], orphans: [], totalOrphaned: 0, total: 0, deferredFree: null, lines: [] };
 * formatIonHeap(nothing).startsWith('          client              pid             size\n') === true
 */
export function formatIonHeap(heap: IonHeapText, form: IonDebugfsForm = '4.9'): string {
  const name = (text: string | null): string => padded(form === '4.8' ? '' : (text ?? ''));
  const lines = [
    `${name('client')} ${name('pid')} ${name('size')}`,
    DASHES,
    ...heap.clients.map((client) => `${name(client.name)} ${figure(client.pid)} ${figure(client.size)}`),
    DASHES,
    'orphaned allocations (info is from last known client):',
    ...heap.orphans.map(
      (orphan) =>
        `${name(orphan.name)} ${figure(orphan.pid)} ${figure(orphan.size)} ${orphan.kernelMaps} ${orphan.refs}`,
    ),
    DASHES,
    `${name('total orphaned')} ${figure(heap.totalOrphaned)}`,
    `${name('total ')} ${figure(heap.total)}`,
  ];
  if (heap.deferredFree !== null) lines.push(`${name('deferred free')} ${figure(heap.deferredFree)}`);
  lines.push(DASHES, ...heap.lines);
  return `${lines.join('\n')}\n`;
}

/**
 * The file of a client, a row for each heap that it has handles in.
 *
 * @example
 * formatIonClient([{ heap: 'system', size: 4096 }]); // '       heap_name:    size_in_bytes\n          system:             4096\n'
 */
export function formatIonClient(heaps: Iterable<IonClientHeap>): string {
  let text = `${padded('heap_name')}: ${padded('size_in_bytes')}\n`;
  for (const { heap, size } of heaps) {
    const cut = decodeText(encodeText(heap).subarray(0, WIDTH));
    text += `${padded(cut)}: ${figure(size)}\n`;
  }
  return text;
}

function figure(value: number): string {
  return String(value).padStart(WIDTH);
}

function padded(text: string): string {
  return ' '.repeat(Math.max(0, WIDTH - encodeText(text).length)) + text;
}
