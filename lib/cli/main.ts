#!/usr/bin/env node
import { STATUS } from './exit-status.ts';
import type { Status } from './exit-status.ts';
import { run } from './run.ts';

const interruption = new AbortController();

let stopped: Status = STATUS.interrupted;

for (const [signal, status] of [
  ['SIGINT', STATUS.interrupted],
  ['SIGTERM', STATUS.terminated],
] as const) {
  process.on(signal, () => {
    // The second one is meant.
    if (interruption.signal.aborted) process.exit(status);
    stopped = status;
    interruption.abort(new Error('interrupted'));
  });
}

for (const [stream, name] of [
  [process.stdout, 'standard output'],
  [process.stderr, null],
] as const) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe went away: nobody is left to tell.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? STATUS.done);
    // Where standard error itself fails, only the status is left to tell.
    if (name !== null) process.stderr.write(`memtrack: ${name}: ${error.message}\n`);
    process.exit(STATUS.badInput);
  });
}

const status = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interruption.signal,
});

process.exitCode = status === STATUS.interrupted ? stopped : status;
