/** Commands as lines of text, in the words of RecordWriter: what a failing random test prints. */
import { FLAG, OP, RECORD_WORDS } from '../lib/core/record.ts';

/** One command: its record and the tail, if it has one. */
export type Command = Uint32Array;

const NAMES = new Map<number, string>(Object.entries(OP).map(([name, op]) => [op, name]));

/** Cuts records into commands, a tail with what it belongs to. */
export function splitCommands(words: Uint32Array, count: number): readonly Command[] {
  const commands: Command[] = [];
  for (let row = 0; row < count; row++) {
    const start = row * RECORD_WORDS;
    const tailed = words[start + 7]! >>> 31 === 1 && row + 1 < count && (words[start + 15]! & 0xffff) === OP.tail;
    if (tailed) row++;
    commands.push(words.slice(start, (row + 1) * RECORD_WORDS));
  }
  return commands;
}

export function joinCommands(commands: readonly Command[]): Uint32Array {
  const words = new Uint32Array(commands.reduce((sum, command) => sum + command.length, 0));
  let at = 0;
  for (const command of commands) {
    words.set(command, at);
    at += command.length;
  }
  return words;
}

/** `vmOpen task=1 buffer=2 aux=5 size=0x7f0000000000 p=0x7f0000001000 …`; what is 0 is left out. */
export function formatCommand(command: Command): string {
  const fields: string[] = [NAMES.get(command[7]! & 0xffff) ?? `op ${command[7]! & 0xffff}`];
  const add = (name: string, value: number): void => {
    if (value !== 0) fields.push(`${name}=${value < 65536 ? value : `0x${value.toString(16)}`}`);
  };
  add('task', command[4]!);
  add('buffer', command[5]!);
  add('aux', command[6]!);
  add('size', u64(command, 2));
  add('flags', (command[7]! >>> 16) & ~FLAG.more);
  if (command.length > RECORD_WORDS) {
    add('p', u64(command, 8));
    add('q', u64(command, 10));
    add('rs', u64(command, 12));
    add('tailFlags', command[15]! >>> 16);
  } else if (command[7]! >>> 31 === 1) {
    fields.push('tail missing');
  }
  return fields.join(' ');
}

function u64(words: Uint32Array, at: number): number {
  return words[at]! + words[at + 1]! * 2 ** 32;
}
