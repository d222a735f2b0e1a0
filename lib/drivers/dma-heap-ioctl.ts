import { MemtrackError } from '../core/errors.ts';
import type { Task } from '../model/task.ts';
import type { DmaHeap } from './dma-heap.ts';

/** DMA_HEAP_IOCTL_ALLOC on 64-bit: _IOWR('H', 0, struct dma_heap_allocation_data). */
export const DMA_HEAP_IOCTL_ALLOC = 0xc0184800;

/** struct dma_heap_allocation_data: u64 len, u32 fd, u32 fd_flags, u64 heap_flags. */
const DATA_BYTES = 24;
const U64 = 2n ** 64n;
const PAGE = 4096n;

/**
 * ioctl(2) on a heap's device as dma_heap_ioctl takes it: only the number counts, and a structure of another size than the
 * kernel's is filled up with zeros or cut. The fd is written into `data`, as far as that reaches.
 *
 * EINVAL: another number than 0, or what `DmaHeap.alloc` says; EFAULT: less data than the request's size says; ENOMEM; EMFILE.
 *
 * @example
 * const data = new Uint8Array(24);
 * new DataView(data.buffer).setBigUint64(0, 4096n, true);
 * dmaHeapIoctl(kernel.dmaHeap('system'), task, DMA_HEAP_IOCTL_ALLOC, data);
 */
export function dmaHeapIoctl(heap: DmaHeap, task: Task, request: number, data: Uint8Array): number {
  const number = request & 0xff;
  const size = (request >>> 16) & 0x3fff;
  if (number !== 0) throw new MemtrackError('EINVAL', 'ioctl', `0x${request.toString(16)}`);
  if (data.byteLength < size) throw new MemtrackError('EFAULT', 'ioctl', `${data.byteLength} bytes`);
  const view = new DataView(new ArrayBuffer(Math.max(DATA_BYTES, size)));
  new Uint8Array(view.buffer).set(data.subarray(0, size));
  const length = ((view.getBigUint64(0, true) + PAGE - 1n) / PAGE) * PAGE;
  const heapFlags = view.getBigUint64(16, true);
  view.setInt32(
    8,
    heap.alloc(task, {
      size: length >= U64 ? 0 : Math.min(Number(length), Number.MAX_SAFE_INTEGER),
      fd: view.getUint32(8, true),
      fdFlags: view.getUint32(12, true),
      heapFlags: heapFlags === 0n ? 0 : 1,
    }),
    true,
  );
  data.set(new Uint8Array(view.buffer, 0, Math.min(size, DATA_BYTES)));
  return 0;
}
