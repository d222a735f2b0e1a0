/** Random programs: what the model says of holders and mappings equals what the commands it sends add up to. */
import { expect, test } from 'vitest';
import type { CommandSink } from '../../lib/model/accounting.ts';
import { Kernel } from '../../lib/model/kernel.ts';
import type { ThreadGroup } from '../../lib/model/thread-group.ts';
import { commandFlags } from '../../lib/model/flags.ts';
import { formatCommand, splitCommands } from '../command-text.ts';
import { implementations } from '../implementations.ts';
import { Random, seeds } from '../random.ts';
import type { Implementation, LeaderState } from '../state.ts';
import { step } from './random-program.ts';

/** Passes commands on and keeps those that were refused. */
class Checked implements CommandSink {
  readonly refused: string[] = [];
  readonly inner: Implementation;
  commands = 0;

  constructor(inner: Implementation) {
    this.inner = inner;
  }

  apply(words: Uint32Array, count: number): void {
    const results = this.inner.apply(words, count);
    let row = 0;
    for (const command of splitCommands(words, count)) {
      this.commands++;
      if (results[row]! < 0) this.refused.push(`${formatCommand(command)}: ${results[row]!}`);
      row += command.length / 8;
    }
  }

  tag(text: string): number {
    return this.inner.tag(text);
  }
}

const STEPS = 3000;
const KINDS = implementations.filter(({ name }) => name === 'oracle' || name === 'deferred');

test.each(KINDS.flatMap(({ name, open }) => seeds().map((seed) => ({ name, open, seed }))))(
  "intended, on the $name: the tracker's rows are the model's, seed $seed",
  ({ open, seed }) => {
    const sink = new Checked(open('intended', {}));
    const kernel = new Kernel({ tracker: sink });
    const random = new Random(seed);
    const codes = new Set<string>();
    for (let count = 1; count <= STEPS; count++) {
      codes.add(step(random, kernel) ?? 'done');
      if (count % 200 !== 0) continue;
      kernel.flush();
      expect(sink.refused).toEqual([]);
      const { leaders, buffers } = sink.inner.state();
      expect(refsOf(kernel)).toEqual(counted(kernel));
      expect(leaders.map(shown)).toEqual(rowsOf(kernel));
      expect(buffers.map(({ key, size }) => [key, size])).toEqual(
        [...kernel.buffers.values()].map(({ key, size }) => [key, size]),
      );
    }
    for (const code of ['done', 'EBADF', 'EINVAL', 'EMFILE', 'ENOTSOCK', 'EFAULT', 'ECHILD'])
      expect(codes).toContain(code);
    expect(sink.commands).toBeGreaterThan(STEPS / 4);
    for (const group of kernel.groups) if (group.alive) endAll(group);
    for (const message of [...kernel.messages]) message.drop();
    kernel.flush();
    expect([kernel.buffers.size, sink.inner.state().buffers.length, sink.refused]).toEqual([0, 0, []]);
    sink.inner.close();
  },
);

test.each(KINDS.flatMap(({ name, open }) => seeds().map((seed) => ({ name, open, seed }))))(
  'posted, on the $name: no command is refused, seed $seed',
  ({ open, seed }) => {
    const sink = new Checked(open('posted', {}));
    const kernel = new Kernel({ semantics: 'posted', tracker: sink });
    const random = new Random(seed);
    for (let count = 0; count < STEPS; count++) step(random, kernel);
    kernel.flush();
    expect(sink.refused).toEqual([]);
    expect(sink.inner.state().buffers.map(({ key }) => key)).toEqual([...kernel.buffers.keys()]);
    sink.inner.close();
  },
);

function endAll(group: ThreadGroup): void {
  group.threads[0]!.kill(15);
}

/** Reference counts of the live buffers' files. */
function refsOf(kernel: Kernel): readonly number[] {
  return [...kernel.buffers.values()].map((buffer) => buffer.refs);
}

/** The same, counted from what refers to them: fds once per table, VMAs once per address space, messages. */
function counted(kernel: Kernel): readonly number[] {
  const { buffers, fds, maps, inFlight } = kernel.snapshot();
  const counts = new Array<number>(buffers.length).fill(0);
  for (const column of [fds.buffer, maps.buffer, inFlight.buffer]) for (const row of column) counts[row]!++;
  return counts;
}

/** fds of each buffer and its VMAs, ascending, in a form that both sides have. */
interface Row {
  readonly buffer: number;
  fds: number;
  readonly vmas: string[];
}

function shown({ task, pid, rows }: LeaderState): unknown {
  const plain = rows.map(({ buffer, fds, vmas }) => ({
    buffer,
    fds,
    vmas: vmas.map(({ start, end, offset, flags }) => [start, end, offset, flags].join(' ')).sort(),
  }));
  return { task, pid, rows: plain.sort((a, b) => a.buffer - b.buffer) };
}

function rowsOf(kernel: Kernel): readonly unknown[] {
  return kernel.groups
    .filter((group) => group.alive)
    .map((group) => ({ task: group.leader.key, pid: group.pid, rows: held(group) }))
    .filter(({ rows }) => rows.length > 0)
    .sort((a, b) => a.task - b.task);
}

function held(group: ThreadGroup): Row[] {
  const rows = new Map<number, Row>();
  const rowOf = (key: number): Row => {
    let row = rows.get(key);
    if (row === undefined) rows.set(key, (row = { buffer: key, fds: 0, vmas: [] }));
    return row;
  };
  for (const table of new Set(group.threads.map((task) => task.files))) {
    for (let fd = 0; fd < table.limit; fd++) {
      const buffer = table.get(fd)?.buffer;
      if (buffer) rowOf(buffer.key).fds++;
    }
  }
  for (const mm of new Set(group.threads.map((task) => task.mm))) {
    for (const { start, end, offset, flags, file } of mm.vmas) {
      if (file.buffer) rowOf(file.buffer.key).vmas.push([start, end, offset, commandFlags(flags)].join(' '));
    }
  }
  return [...rows.values()].map((row) => ({ ...row, vmas: row.vmas.sort() })).sort((a, b) => a.buffer - b.buffer);
}
