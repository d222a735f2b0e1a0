import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { TraceError } from '../trace/trace-error.ts';
import { addCatCommand } from './cat-command.ts';
import { addConvertCommand } from './convert-command.ts';
import { InputError, STATUS, UsageError } from './exit-status.ts';
import type { Status } from './exit-status.ts';
import type { Io } from './io.ts';
import { addPlayCommand } from './play-command.ts';
import { addReplayCommand } from './replay-command.ts';
import { addWhoCommand } from './who-command.ts';

const EXAMPLE = `
Example:
  $ strace -f -yy -ttt -o camera.strace camera-app
  $ memtrack replay camera.strace

Exit status: 0 done, 1 the input could not be used, 2 wrong usage, 3 losses with --strict, 130 interrupted, 143 terminated.`;

/**
 * The command, without a process around it: arguments in, text out, the exit status back.
 *
 * @example
 * process.exitCode = await run(process.argv.slice(2), io);
 */
export async function run(argv: readonly string[], io: Io): Promise<Status> {
  let status: Status = STATUS.done;
  const finish = (reached: Status): void => {
    status = reached;
  };
  const program = new Command('memtrack')
    .description('Which process holds which shared memory buffer, through what, since when.')
    .version(versionOf(), '-V, --version')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(`memtrack: ${text.replace(/^error: /, '')}`),
    })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLE);
  for (const add of [addReplayCommand, addCatCommand, addWhoCommand, addConvertCommand, addPlayCommand])
    add(program, io, finish);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    return statusOf(error, io);
  }
}

function statusOf(error: unknown, io: Io): Status {
  const say = (text: string): void => void io.stderr.write(`memtrack: ${text}\n`);
  if (error instanceof CommanderError) return error.exitCode === 0 ? STATUS.done : STATUS.usage;
  if (error instanceof UsageError) {
    say(error.message);
    return STATUS.usage;
  }
  if (io.signal.aborted) {
    say('interrupted');
    return STATUS.interrupted;
  }
  if (error instanceof InputError || error instanceof TraceError || isSystemError(error)) {
    say(error.message);
    return STATUS.badInput;
  }
  throw error;
}

/** What the file system refused: a full disk, a directory that is not there. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

function versionOf(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
