/** Random programs on ION: what every call answers, both debugfs files and the memtrack files equal those of a naive oracle. */
import { expect, test } from 'vitest';
import { MemtrackError } from '../../lib/core/errors.ts';
import type { Ion } from '../../lib/drivers/ion.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { CLONE, CLONE_PTHREAD } from '../../lib/model/flags.ts';
import type { Task } from '../../lib/model/task.ts';
import { parseIonClient, parseIonHeap } from '../../lib/procfs/ion-debugfs-parse.ts';
import { parseMemtrack } from '../../lib/procfs/memtrack.ts';
import { Random, seeds } from '../random.ts';
import { CARVEOUT, IonOracle, NOFILE } from './ion-oracle.ts';
import type { NaiveGroup, NaiveTask } from './ion-oracle.ts';

type Answer = number | string;

const STEPS = 600;
const HEAPS = ['system', 'carveout'];

class Program {
  readonly kernel: Machine;
  readonly oracle: IonOracle;
  readonly said: string[] = [];
  readonly #random: Random;
  readonly #ion: Ion;
  readonly #model = new Map<NaiveTask, Task>();
  #sizes = 0;

  constructor(seed: number, semantics: 'intended' | 'posted') {
    this.#random = new Random(seed);
    this.oracle = new IonOracle(semantics === 'posted');
    this.kernel = new Machine({ semantics, autoReap: true });
    this.#ion = this.kernel.ion({
      heaps: [
        { name: 'system', id: 0 },
        { name: 'carveout', id: 1, type: 2, bytes: CARVEOUT },
      ],
    });
    this.#said('spawn', () => this.#spawn());
  }

  step(): void {
    const random = this.#random;
    const { oracle } = this;
    if (oracle.tasks.length < 2 || (oracle.tasks.length < 5 && random.chance(0.05))) this.#spawn();
    const naive = random.pick(oracle.tasks);
    const task = this.#model.get(naive)!;
    const fd = random.below(NOFILE);
    const device = this.#device(naive, fd);
    const handle = 1 + random.below(4);
    const ion = this.#ion;
    const choice = random.below(100);
    if (choice < 6)
      this.#same(
        'open',
        () => ion.open(task),
        () => oracle.open(naive),
      );
    else if (choice < 20) this.#alloc(naive, task, device);
    else if (choice < 30)
      this.#same(
        `free ${device} ${handle}`,
        () => done(() => ion.free(task, device, handle)),
        () => oracle.free(naive, device, handle),
      );
    else if (choice < 42)
      this.#same(
        `share ${device} ${handle}`,
        () => ion.share(task, device, handle),
        () => oracle.share(naive, device, handle),
      );
    else if (choice < 50)
      this.#same(
        `import ${device} ${fd}`,
        () => ion.import(task, device, fd),
        () => oracle.import(naive, device, fd),
      );
    else if (choice < 54) this.#tag(naive, task, device, handle);
    else if (choice < 64)
      this.#same(
        `close ${fd}`,
        () => done(() => task.close(fd)),
        () => oracle.close(naive, fd),
      );
    else if (choice < 68)
      this.#same(
        `dup ${fd}`,
        () => task.dup(fd),
        () => oracle.dup(naive, fd),
      );
    else if (choice < 73) this.#dup2(naive, task, fd);
    else if (choice < 77) this.#take(naive, task, fd);
    else if (choice < 83) this.#mmap(naive, task, fd);
    else if (choice < 86) this.#munmap(naive, task);
    else if (choice < 93) this.#clone(naive, task);
    else if (choice < 94) this.#said('unshare', () => (task.unshareFiles(), oracle.unshare(naive)));
    else if (choice < 96) this.#said('exec', () => (task.exec(), oracle.exec(naive)));
    else if (choice < 99) this.#said('exit', () => (task.exit(), oracle.exit(naive)));
    else this.#said('exitGroup', () => (task.exitGroup(), oracle.exitGroup(naive.group)));
  }

  compare(): void {
    const { oracle, kernel } = this;
    HEAPS.forEach((name, heap) => {
      const parsed = parseIonHeap(kernel.read(`/sys/kernel/debug/ion/heaps/${name}`))!;
      const buffers = oracle.buffers.filter((each) => each.heap === heap);
      const orphans = buffers.filter((buffer) => !oracle.clients.some((client) => holds(client, buffer)));
      expect(parsed.total).toBe(sum(buffers));
      expect(parsed.orphans.map(({ size, refs }) => [size, refs])).toEqual(
        orphans.map((buffer) => [buffer.size, oracle.refs(buffer)]),
      );
      parsed.orphans.forEach(({ pid }, row) => expect(orphans[row]!.last).toContain(pid));
      const clients = oracle.clients.map((client) => [client.pid, sum(heldIn(client, heap))] as const);
      expect(parsed.clients.map(({ pid, size }) => [pid, size])).toEqual(clients.filter(([, size]) => size > 0));
    });
    const directory = '/sys/kernel/debug/ion/clients';
    const files = kernel.list(directory).toReversed();
    expect(files.map((name) => Number(name.split('-')[0]))).toEqual(oracle.clients.map(({ pid }) => pid));
    files.forEach((name, row) => {
      const sizes = parseIonClient(kernel.read(`${directory}/${name}`))!.heaps;
      const naive = HEAPS.map((heap, id) => ({ heap, size: sum(heldIn(oracle.clients[row]!, id)) }));
      expect(sizes).toEqual(naive.filter(({ size }) => size > 0));
    });
    expect([...kernel.buffers.values()].map(({ size }) => size)).toEqual(oracle.buffers.map(({ size }) => size));
    for (const group of oracle.groups.filter((each) => each.tasks.length > 0)) this.#compareRows(group);
  }

  #compareRows(group: NaiveGroup): void {
    const rows = parseMemtrack(this.kernel.read(`/proc/${group.pid}/memtrack`))?.rows ?? [];
    expect(
      rows.map(({ id, size, tag, userspaceHandles }) => ({ id, size, tag: tag === '' ? null : tag, userspaceHandles })),
      `rows of ${group.pid}`,
    ).toEqual(this.oracle.rows(group));
  }

  #spawn(): void {
    const task = this.kernel.spawn();
    task.group.nofile = NOFILE;
    this.#model.set(this.oracle.spawn(task.pid), task);
  }

  /** Mostly an fd of /dev/ion. */
  #device(naive: NaiveTask, otherwise: number): number {
    const devices = [...naive.table.slots].filter(([, { file }]) => file.buffer === null).map(([fd]) => fd);
    return devices.length > 0 && this.#random.chance(0.9) ? this.#random.pick(devices) : otherwise;
  }

  #alloc(naive: NaiveTask, task: Task, device: number): void {
    const size = (1 + (this.#sizes++ % 50)) * 4096 + Math.floor(this.#sizes / 50) * 4096 * 64;
    const heapIdMask = this.#random.pick([1, 2, 3, 3, 4]);
    this.#same(
      `alloc ${device} ${size} mask ${heapIdMask}`,
      () => this.#ion.alloc(task, device, { size, heapIdMask }),
      () => this.oracle.alloc(naive, device, size, heapIdMask),
    );
  }

  #tag(naive: NaiveTask, task: Task, device: number, handle: number): void {
    const tag = this.#random.pick(['', 'CAMERA', 'x'.repeat(40)]);
    this.#same(
      `tag ${device} ${handle} ${tag}`,
      () => done(() => this.#ion.tag(task, device, handle, tag)),
      () => this.oracle.tag(naive, device, handle, tag),
    );
  }

  #dup2(naive: NaiveTask, task: Task, fd: number): void {
    const to = this.#random.below(NOFILE);
    this.#same(
      `dup2 ${fd} ${to}`,
      () => task.dup2(fd, to),
      () => this.oracle.dup2(naive, fd, to),
    );
  }

  #take(naive: NaiveTask, task: Task, fd: number): void {
    const from = this.#random.pick(this.oracle.tasks);
    const target = this.#model.get(from)!;
    this.#same(
      `take ${fd} of ${target.tid}`,
      () => task.pidfdGetfd(target, fd),
      () => this.oracle.take(naive, from, fd),
    );
  }

  #mmap(naive: NaiveTask, task: Task, fd: number): void {
    const length = 4096 * (1 + this.#random.below(40));
    const answer = attempt(() => task.mmap({ fd, length }));
    this.#same(
      `mmap ${fd} ${length}`,
      () => answer,
      () => this.oracle.mmap(naive, fd, length, answer),
    );
  }

  #munmap(naive: NaiveTask, task: Task): void {
    const starts = [...naive.mm.mappings.keys()];
    if (starts.length === 0) return;
    const start = this.#random.pick(starts);
    this.#said(`munmap ${start.toString(16)}`, () => {
      task.munmap(start, task.mm.find(start)!.end - start);
      this.oracle.munmap(naive, start);
    });
  }

  #clone(naive: NaiveTask, task: Task): void {
    if (this.oracle.tasks.length > 8) return;
    const [flags, files, thread] = this.#random.pick([
      [0, false, false],
      [0, false, false],
      [CLONE.FILES, true, false],
      [CLONE_PTHREAD, true, true],
      [CLONE_PTHREAD & ~CLONE.FILES, false, true],
    ] as const);
    this.#said(`clone ${flags.toString(16)}`, () => {
      const child = task.clone(flags);
      this.#model.set(this.oracle.clone(naive, child.pid, files, thread), child);
    });
  }

  #same(what: string, model: () => Answer, oracle: () => Answer): void {
    const answer = attempt(model);
    this.said.push(`${what} = ${answer}`);
    expect(answer, what).toBe(oracle());
  }

  #said(what: string, run: () => void): void {
    this.said.push(what);
    run();
  }
}

function attempt(call: () => Answer): Answer {
  try {
    return call();
  } catch (error) {
    if (error instanceof MemtrackError) return error.code;
    throw error;
  }
}

function done(call: () => void): number {
  call();
  return 0;
}

type Client = IonOracle['clients'][number];
type NaiveBuffer = IonOracle['buffers'][number];

function holds(client: Client, buffer: NaiveBuffer): boolean {
  return [...client.handles.values()].some((handle) => handle.buffer === buffer);
}

function heldIn(client: Client, heap: number): readonly NaiveBuffer[] {
  return [...client.handles.values()].map(({ buffer }) => buffer).filter((buffer) => buffer.heap === heap);
}

function sum(buffers: readonly { readonly size: number }[]): number {
  return buffers.reduce((total, { size }) => total + size, 0);
}

const answers = new Set<string>();

test.each(seeds().flatMap((seed) => (['intended', 'posted'] as const).map((semantics) => ({ semantics, seed }))))(
  '$semantics, MEMTRACK_SEED=$seed',
  ({ semantics, seed }) => {
    const program = new Program(seed, semantics);
    try {
      for (let count = 0; count < STEPS; count++) {
        program.step();
        program.compare();
      }
    } catch (error) {
      throw new Error(`MEMTRACK_SEED=${seed}, after:\n${program.said.slice(-40).join('\n')}`, { cause: error });
    }
    for (const line of program.said) answers.add(/ = (E\w+)$/.exec(line)?.[1] ?? 'done');
    program.kernel.close();
  },
);

test.runIf(seeds().length > 1)('the programs met every refusal', () => {
  expect([...answers].sort()).toEqual(['EBADF', 'EINVAL', 'EMFILE', 'ENODEV', 'ENOMEM', 'ENOTTY', 'done']);
});
