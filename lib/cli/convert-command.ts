import type { Command } from 'commander';
import { escapeText } from '../report/index.ts';
import { convertTrace } from '../trace/convert.ts';
import { openTrace } from '../trace/open.ts';
import type { Status } from './exit-status.ts';
import { STATUS } from './exit-status.ts';
import type { Io } from './io.ts';
import { formatOption, strictOption } from './options.ts';
import type { CommonOptions } from './options.ts';
import { Progress } from './progress.ts';

const EXAMPLE = `
A replay of OUT equals a replay of IN, and is faster.

Example:
  $ memtrack convert camera.strace.gz camera.mtrk`;

/** `memtrack convert IN OUT` */
export function addConvertCommand(program: Command, io: Io, finish: (status: Status) => void): void {
  program
    .command('convert')
    .summary('any trace to the native .mtrk')
    .description('Writes a trace of any known format as .mtrk, with everything that was counted while reading it.')
    .argument('<in>', 'a recording; - is standard input')
    .argument('<out>', 'the file to write')
    .addOption(formatOption())
    .addOption(strictOption())
    .addHelpText('after', EXAMPLE)
    .action(async (from: string, to: string, { format, strict }: CommonOptions) => {
      const reader = await openTrace(from, { ...(format === undefined ? {} : { format }), signal: io.signal });
      const progress = new Progress(io, escapeText(from));
      try {
        const { records } = await convertTrace(reader, to, {
          signal: io.signal,
          onProgress: (done) => progress.update(done),
        });
        progress.stop();
        io.stderr.write(`memtrack: ${escapeText(to)}: ${records} records\n`);
      } finally {
        progress.stop();
      }
      const lost = reader.counters().filter(({ severity, count }) => count > 0 && severity !== 'info');
      for (const { severity, count, name, meaning } of lost)
        io.stderr.write(`memtrack: ${severity}: ${count} ${escapeText(name)}: ${escapeText(meaning)}\n`);
      finish(strict === true && lost.length > 0 ? STATUS.losses : STATUS.done);
    });
}
