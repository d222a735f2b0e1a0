import { OP, RECORD_WORDS } from '../core/record.ts';
import { File } from '../model/file.ts';
import type { Kernel } from '../model/kernel.ts';
import type { Task } from '../model/task.ts';
import type { KernelSum } from '../core/snapshot.ts';
import type { TraceStrings } from '../trace/string-table.ts';
import { Allocations } from './allocations.ts';
import { parseFdName } from './fd-name.ts';
import type { FdName } from './fd-name.ts';
import { Identities } from './identities.ts';
import { InferredFds } from './inferred-fds.ts';
import { InFlight } from './in-flight.ts';
import type { Losses } from './losses.ts';
import { allocationHandlers } from './lower-allocations.ts';
import { bufferHandlers } from './lower-buffers.ts';
import { descriptorHandlers } from './lower-descriptors.ts';
import { fileHandlers } from './lower-files.ts';
import { mappingHandlers } from './lower-mappings.ts';
import { messageHandlers } from './lower-messages.ts';
import { taskHandlers } from './lower-tasks.ts';
import { NameIndex } from './name-index.ts';
import { ProcessHolds } from './process-holds.ts';
import { RecordedTasks } from './recorded-tasks.ts';
import { ShmFiles } from './shm-files.ts';

/** Puts the event whose record begins at word `at` in place. `Lowering.words` has the batch. */
export type Handler = (run: Lowering, words: Uint32Array, at: number) => void;

const FIRST_EVENT = 64;

/** Handlers by op - 64. */
const HANDLERS: readonly (Handler | undefined)[] = Object.entries({
  ...taskHandlers,
  ...descriptorHandlers,
  ...mappingHandlers,
  ...messageHandlers,
  ...bufferHandlers,
  ...fileHandlers,
  ...allocationHandlers,
}).reduce<(Handler | undefined)[]>((table, [op, handler]) => {
  table[Number(op) - FIRST_EVENT] = handler;
  return table;
}, []);

/**
 * Events of a recording, put in place in a modelled kernel: the numbers that were observed stand, and what contradicts
 * them was lost and is counted.
 *
 * @example
 * const lowering = new Lowering(kernel, losses, trace.strings);
 * for await (const { words, count } of trace) lowering.apply(words, count, null);
 */
export class Lowering {
  readonly kernel: Kernel;
  readonly losses: Losses;
  readonly strings: TraceStrings;
  readonly tasks: RecordedTasks;
  readonly names = new NameIndex();
  readonly shm: ShmFiles;
  readonly inFlight: InFlight;
  readonly inferred = new InferredFds();
  readonly identities: Identities;
  readonly allocations: Allocations;
  readonly holds = new ProcessHolds();
  /** Sums that the kernel keeps, as printed last, by what they are of. */
  readonly kernelSums = new Map<string, KernelSum>();
  /** Whether the recording tells where mappings are. */
  mapsShown = false;
  /** Stands for every open file that is of no interest. */
  readonly otherFile = new File({ path: 'other' });
  #times: BigUint64Array = new BigUint64Array(0);
  #sockets = 0;
  readonly #fdNames: (FdName | undefined)[] = [];

  constructor(kernel: Kernel, losses: Losses, strings: TraceStrings) {
    this.kernel = kernel;
    this.losses = losses;
    this.strings = strings;
    this.tasks = new RecordedTasks(kernel, losses);
    this.shm = new ShmFiles(kernel, losses);
    this.inFlight = new InFlight(losses);
    this.allocations = new Allocations(losses);
    this.identities = new Identities(kernel, losses, this.allocations, this.holds);
  }

  /** Whole groups of event records; those later than `until` are passed over. */
  apply(words: Uint32Array, count: number, until: bigint | null): void {
    this.#times = timesOf(words, count);
    const untilHigh = until === null ? Infinity : Number(until >> 32n);
    const untilLow = until === null ? 0 : Number(until & 0xffffffffn);
    for (let record = 0; record < count;) {
      const at = record * RECORD_WORDS;
      const opFlags = words[at + 7]!;
      record++;
      // Bit 31 is FLAG.more: tails follow.
      for (let more = opFlags; (more | 0) < 0 && record < count; record++) more = words[record * RECORD_WORDS + 7]!;
      const high = words[at + 1]!;
      if (high > untilHigh || (high === untilHigh && words[at]! > untilLow)) {
        this.#foresee(opFlags & 0xffff);
        continue;
      }
      const handler = HANDLERS[(opFlags & 0xffff) - FIRST_EVENT];
      if (handler !== undefined) handler(this, words, at);
      else this.#ignore(opFlags & 0xffff);
    }
  }

  /** What can be said of holders: nothing, where only allocators were recorded. */
  get mode(): 'references' | 'allocator' {
    return this.allocations.events > 0 && this.kernel.buffersMade === 0 ? 'allocator' : 'references';
  }

  /** The recording has ended. */
  settle(): void {
    this.identities.settle();
    this.allocations.settle();
  }

  /** What is later than the moment asked for tells at least what the recording shows. */
  #foresee(op: number): void {
    if (op === OP.release) this.identities.releasesShown = true;
    else if (op === OP.fdFlush) this.identities.closesShown = true;
  }

  #ignore(op: number): void {
    if (op === OP.loss || op === 0) return;
    this.losses.count(op < FIRST_EVENT ? 'record_other_family' : 'record_op_unknown');
  }

  /** The acting task of a record; null, counted, if it cannot act. */
  task(words: Uint32Array, at: number): Task | null {
    return this.tasks.get(words[at + 4]!);
  }

  /** Sets the kernel's clock to the record's time: before whatever is stamped. */
  stamp(at: number): void {
    this.kernel.now = this.#times[at >>> 1]!;
  }

  /** For connected sockets that the recording does not name. */
  nextSocket(): number {
    return ++this.#sockets;
  }

  fdName(number: number): FdName {
    return (this.#fdNames[number] ??= parseFdName(this.strings.get(number) ?? ''));
  }
}

/** The records' first 64 bits as their times. */
function timesOf(words: Uint32Array, count: number): BigUint64Array {
  const aligned = words.byteOffset % 8 === 0 ? words : words.slice(0, count * RECORD_WORDS);
  return new BigUint64Array(aligned.buffer, aligned.byteOffset, count * (RECORD_WORDS / 2));
}

/** Where the first tail of the record at word `at` begins. */
export function tail(at: number): number {
  return at + RECORD_WORDS;
}

/** `size` of the record at word `at`, or `p` of a tail: 64 bits, exact below 2^53. */
export function wide(words: Uint32Array, at: number): number {
  return words[at + 2]! + words[at + 3]! * 2 ** 32;
}
