import { describe, expect, test } from 'vitest';
import { ION_IOC, ionIoctl } from '../../lib/drivers/ion-ioctl.ts';
import type { IonUserMemory } from '../../lib/drivers/ion-ioctl.ts';
import type { Ion, IonOptions } from '../../lib/drivers/ion.ts';
import { Machine } from '../../lib/machine/machine.ts';
import type { KernelOptions } from '../../lib/model/kernel.ts';
import type { Task } from '../../lib/model/task.ts';
import { refusal } from '../model/world.ts';

interface Start {
  readonly kernel: Machine;
  readonly task: Task;
  readonly ion: Ion;
  readonly device: number;
  readonly ioctl: (command: number, memory: IonUserMemory) => number;
}

function start(options?: IonOptions, kernelOptions?: KernelOptions): Start {
  const kernel = new Machine(kernelOptions);
  const task = kernel.spawn();
  const ion = kernel.ion(options);
  const device = ion.open(task);
  return {
    kernel,
    task,
    ion,
    device,
    ioctl: (command, memory) => ionIoctl(ion, task, device, command, memory),
  };
}

/** `size` bytes with 32-bit words at their places. */
function argument(size: number, words: Readonly<Record<number, number>> = {}): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [at, word] of Object.entries(words)) view(bytes).setInt32(Number(at), word, true);
  return bytes;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function allocation(length: number): Uint8Array {
  return argument(32, { 0: length, 16: 1 });
}

describe('ioctl of /dev/ion', () => {
  test('allocates, shares, imports, syncs and frees', () => {
    const { kernel, task, ioctl } = start();
    const made = allocation(5000);
    expect(ioctl(ION_IOC.ALLOC, { argument: made })).toBe(0);
    expect(view(made).getInt32(24, true)).toBe(1);
    for (const command of [ION_IOC.SHARE, ION_IOC.MAP]) {
      const shared = argument(8, { 0: 1 });
      ioctl(command, { argument: shared });
      const fd = view(shared).getInt32(4, true);
      expect(task.file(fd).buffer?.size).toBe(8192);
      const imported = argument(8, { 4: fd });
      ioctl(ION_IOC.IMPORT, { argument: imported });
      expect(view(imported).getInt32(0, true)).toBe(1);
      ioctl(ION_IOC.SYNC, { argument: argument(8, { 4: fd }) });
      task.close(fd);
    }
    for (let count = 0; count < 3; count++) ioctl(ION_IOC.FREE, { argument: argument(4, { 0: 1 }) });
    expect(kernel.buffers.size).toBe(0);
    expect(refusal(() => ioctl(ION_IOC.FREE, { argument: argument(4, { 0: 1 }) }))).toBe('EINVAL');
  });

  test.each([
    ['a command of another driver', 0xc0184800, 'ENOTTY'],
    ['nr 3, which nobody uses', 0xc0084903, 'ENOTTY'],
    ["ALLOC of 4.12, which is nobody's here", 0xc0184900, 'ENOTTY'],
    ['more argument than any command has', 0xc0294908, 'EINVAL'],
  ])('%s', (_what, command, code) => {
    const { ioctl } = start();
    expect(refusal(() => ioctl(command, { argument: new Uint8Array(64) }))).toBe(code);
  });

  test('an argument that is not there is EFAULT before the command is looked at', () => {
    const { kernel, ioctl } = start();
    expect(refusal(() => ioctl(ION_IOC.ALLOC, { argument: null }))).toBe('EFAULT');
    expect(refusal(() => ioctl(ION_IOC.SHARE, { argument: argument(7) }))).toBe('EFAULT');
    expect(refusal(() => ioctl(0xc0084903, { argument: null }))).toBe('EFAULT');
    expect(kernel.buffers.size).toBe(0);
    expect(() => ioctl(ION_IOC.ALLOC, {} as IonUserMemory)).toThrow(TypeError);
  });

  test('an answer that cannot be written is EFAULT, and a handle just made is freed again', () => {
    const { kernel, ion, task, device, ioctl } = start();
    expect(refusal(() => ioctl(ION_IOC.ALLOC, { argument: allocation(4096), readOnly: true }))).toBe('EFAULT');
    expect(kernel.buffers.size).toBe(0);
    const handle = ion.alloc(task, device, { size: 4096 });
    expect(refusal(() => ioctl(ION_IOC.SHARE, { argument: argument(8, { 0: handle }), readOnly: true }))).toBe(
      'EFAULT',
    );
    // FREE, SYNC and CUSTOM write nothing, so that memory which is only readable will do.
    ioctl(ION_IOC.FREE, { argument: argument(4, { 0: handle }), readOnly: true });
    expect(ion.client(task, device).handles).toEqual([]);
  });

  test('SHARE without a free fd also says so in the place of the fd', () => {
    const { ion, task, device, ioctl } = start();
    const shared = argument(8, { 0: ion.alloc(task, device, { size: 4096 }) });
    task.group.nofile = 1;
    expect(refusal(() => ioctl(ION_IOC.SHARE, { argument: shared }))).toBe('EMFILE');
    expect(view(shared).getInt32(4, true)).toBe(-24);
    const unknown = argument(8, { 0: 99, 4: 7 });
    expect(refusal(() => ioctl(ION_IOC.SHARE, { argument: unknown }))).toBe('EINVAL');
    expect(view(unknown).getInt32(4, true)).toBe(7);
  });

  test('HEAP_QUERY counts, lists in the order of trial, and wants its reserved words empty', () => {
    const { ioctl } = start({
      heaps: [
        { name: 'system', id: 0 },
        { name: 'y'.repeat(40), id: 31, type: 6 },
      ],
    });
    const query = argument(24);
    ioctl(ION_IOC.HEAP_QUERY, { argument: query });
    expect(view(query).getUint32(0, true)).toBe(2);
    const heaps = new Uint8Array(3 * 52).fill(0xff);
    const listed = argument(24, { 0: 3, 8: 0x1000 });
    ioctl(ION_IOC.HEAP_QUERY, { argument: listed, heaps });
    expect(view(listed).getUint32(0, true)).toBe(2);
    expect(heaps.subarray(0, 32)).toEqual(new TextEncoder().encode(`${'y'.repeat(31)}\0`));
    expect([32, 36, 84, 88].map((at) => view(heaps).getUint32(at, true))).toEqual([6, 31, 0, 0]);
    expect(new TextDecoder().decode(heaps.subarray(52, 58))).toBe('system');
    expect(heaps[104]).toBe(0xff);
    for (const at of [4, 16, 20])
      expect(refusal(() => ioctl(ION_IOC.HEAP_QUERY, { argument: argument(24, { [at]: 1 }) }))).toBe('EINVAL');
    expect(refusal(() => ioctl(ION_IOC.HEAP_QUERY, { argument: argument(24, { 8: 0x1000 }), heaps }))).toBe('EINVAL');
    const short = { argument: argument(24, { 0: 2, 8: 0x1000 }), heaps: heaps.subarray(0, 60) };
    expect(refusal(() => ioctl(ION_IOC.HEAP_QUERY, short))).toBe('EFAULT');
    expect(refusal(() => ioctl(ION_IOC.HEAP_QUERY, { argument: argument(24, { 0: 2, 8: 0x1000 }) }))).toBe('EFAULT');
  });

  test('TAG has the number of HEAP_QUERY and another size; its last byte is made a NUL', () => {
    const { kernel, ion, task, device, ioctl } = start();
    const handle = ion.alloc(task, device, { size: 4096 });
    const tag = argument(36, { 0: handle }).fill(0x78, 4);
    ioctl(ION_IOC.TAG, { argument: tag });
    expect(kernel.snapshot().buffers.tag).toEqual(['x'.repeat(31)]);
    expect(tag[35]).toBe(0);
    expect(refusal(() => ioctl(ION_IOC.TAG, { argument: argument(36, { 0: 99 }) }))).toBe('EINVAL');
    const off = start({}, { memtrack: 'off' });
    expect(refusal(() => off.ioctl(ION_IOC.TAG, { argument: argument(36) }))).toBe('ENOTTY');
  });

  test('CUSTOM hands the platform its command and argument', () => {
    const { ioctl } = start({ custom: (_task, command, value) => command * 10 + Number(value) });
    expect(ioctl(ION_IOC.CUSTOM, { argument: argument(16, { 0: 4, 8: 2 }) })).toBe(42);
    const without = start();
    expect(refusal(() => without.ioctl(ION_IOC.CUSTOM, { argument: argument(16) }))).toBe('ENOTTY');
  });

  test('another file is ENOTTY, no file EBADF', () => {
    const { kernel, ion, task } = start();
    const memfd = kernel.memfdCreate(task, 'x');
    const call = (fd: number) => (): unknown => ionIoctl(ion, task, fd, ION_IOC.FREE, { argument: argument(4) });
    expect([refusal(call(memfd)), refusal(call(99))]).toEqual(['ENOTTY', 'EBADF']);
  });
});
