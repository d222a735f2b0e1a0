import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RecordWriter } from '../../lib/core/record.ts';
import { Random } from './random.ts';
import { VERSION, WorkloadWriter } from './workload-file.ts';

const CHUNK = 65536;
const PAGE = 4096;
const WITNESSED = 1000;

/** Writes records to a workload file, chunk by chunk. */
class Stream {
  readonly #file: WorkloadWriter;
  readonly #out = new RecordWriter(CHUNK + 1);

  constructor(path: string) {
    this.#file = new WorkloadWriter(path);
  }

  get count(): number {
    return this.#file.count + this.#out.count;
  }

  /** The writer for one more record. */
  get next(): RecordWriter {
    if (this.#out.count >= CHUNK) this.#flush();
    return this.#out;
  }

  finish(alive: readonly number[], timedFrom: number, reads: readonly number[] = []): void {
    this.#flush();
    this.#file.finish({ reads: Uint32Array.from(reads), alive: Uint32Array.from(alive), timedFrom });
  }

  #flush(): void {
    this.#file.append(this.#out.words, this.#out.count);
    this.#out.clear();
  }
}

function ensure(directory: string, name: string, write: (stream: Stream) => void): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}-v${VERSION}.bin`);
  if (!existsSync(path)) write(new Stream(path));
  return path;
}

function shuffled(first: number, length: number, random: Random): Uint32Array {
  const keys = Uint32Array.from({ length }, (_, i) => first + i);
  for (let i = length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    const key = keys[i]!;
    keys[i] = keys[other]!;
    keys[other] = key;
  }
  return keys;
}

/** One process holds `handles` buffers of twice as many; timed: it drops a random one and takes another, in turn. */
export function installWorkload(directory: string, handles: number, events: number): string {
  return ensure(directory, `install-${handles}-${events}`, (stream) => {
    const random = new Random(handles);
    stream.next.spawn(1, 1001);
    for (let key = 1; key <= 2 * handles; key++) stream.next.init(key, PAGE, 1);
    const keys = shuffled(1, 2 * handles, random);
    for (let i = 0; i < handles; i++) stream.next.install(1, keys[i]!);
    const timedFrom = stream.count;
    for (let i = 0; i < events; i += 2) {
      const held = random.below(handles);
      const other = handles + random.below(handles);
      const key = keys[held]!;
      stream.next.uninstall(1, key);
      stream.next.install(1, keys[other]!);
      keys[held] = keys[other]!;
      keys[other] = key;
    }
    stream.finish([1], timedFrom);
  });
}

/** Processes that share the work of the exit and fork cases: small ones are many, so that there is something to time. */
export function processesFor(handles: number): number {
  return Math.max(1, Math.floor(65536 / handles));
}

/**
 * Processes with `handles` buffers of their own each; timed: each exits, or each forks. A witness that holds some of all
 * these buffers stays to the end, so that the checksum sees what became of them.
 */
export function endWorkload(directory: string, how: 'exit' | 'fork', handles: number): string {
  return ensure(directory, `${how}-${handles}`, (stream) => {
    const random = new Random(handles);
    const processes = processesFor(handles);
    const total = processes * handles;
    for (let task = 1; task <= processes; task++) stream.next.spawn(task, 1000 + task);
    for (let key = 1; key <= total; key++) stream.next.init(key, PAGE);
    for (let task = 1; task <= processes; task++) {
      for (const key of shuffled(1 + (task - 1) * handles, handles, random)) stream.next.install(task, key);
    }
    const witness = 2 * processes + 1;
    stream.next.spawn(witness, 1000 + witness);
    for (let i = 0; i < WITNESSED; i++) stream.next.install(witness, 1 + Math.floor((i * total) / WITNESSED));
    const timedFrom = stream.count;
    const alive = [witness];
    for (let task = 1; task <= processes; task++) {
      if (how === 'exit') stream.next.exit(task);
      else stream.next.fork(task, processes + task, 1000 + processes + task, 0);
      if (how === 'fork') alive.push(task, processes + task);
    }
    stream.finish(alive, timedFrom);
  });
}

/** `handles` handles: 1,000 per process, two per buffer, in an order that jumps between processes. Timed: the installs. */
export function manyHandlesWorkload(directory: string, handles: number): string {
  return ensure(directory, `handles-${handles}`, (stream) => {
    const processes = Math.max(2, handles / 1000);
    const buffers = handles / 2;
    for (let task = 1; task <= processes; task++) stream.next.spawn(task, 1000 + task);
    for (let key = 1; key <= buffers; key++) stream.next.init(key, PAGE);
    const timedFrom = stream.count;
    const keys = shuffled(1, buffers, new Random(handles));
    for (const key of keys) {
      stream.next.install(1 + (key % processes), key);
      stream.next.install(1 + ((key + 1 + (Math.floor(key / processes) % (processes - 1))) % processes), key);
    }
    // A hundredth of them is enough to see that all have the same.
    stream.finish(
      Array.from({ length: Math.ceil(processes / 100) }, (_, i) => 1 + i * 100),
      timedFrom,
    );
  });
}
