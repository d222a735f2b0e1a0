import type { Command } from 'commander';
import { escapeText } from '../report/index.ts';
import { PSEUDO_FILES, readPseudoFile } from '../machine/pseudo-file.ts';
import type { Status } from './exit-status.ts';
import { InputError, STATUS } from './exit-status.ts';
import type { Io } from './io.ts';
import { atOption, formatOption, semanticsOption } from './options.ts';
import type { CommonOptions } from './options.ts';
import { replayTrace } from './replay-trace.ts';

const EXAMPLE = `
Files:
  ${PSEUDO_FILES.join('\n  ')}

Example:
  $ memtrack cat camera.strace /proc/612/memtrack --at 812.400117`;

/** `memtrack cat TRACE PATH` */
export function addCatCommand(program: Command, io: Io, finish: (status: Status) => void): void {
  program
    .command('cat')
    .summary('a pseudo-file as the kernel would print it')
    .description(
      'Prints a pseudo-file of the replayed machine byte for byte; what the trace does not tell is named on standard error.',
    )
    .argument('<trace>', 'a recording')
    .argument('<path>', 'such as /proc/612/memtrack')
    .addOption(atOption())
    .addOption(semanticsOption())
    .addOption(formatOption())
    .addHelpText('after', EXAMPLE)
    .action(async (trace: string, path: string, options: CommonOptions) => {
      const replayed = await replayTrace(io, trace, {
        at: options.at ?? null,
        semantics: options.semantics,
        format: options.format,
      });
      try {
        const file = readPseudoFile(replayed, path);
        if (file === null) throw new InputError(`${escapeText(path)}: No such file or directory`);
        for (const standIn of file.standIns)
          io.stderr.write(`memtrack: ${escapeText(path)}: not in the trace: ${standIn}\n`);
        io.stdout.write(file.text);
        finish(replayed.facts.interrupted ? STATUS.interrupted : STATUS.done);
      } finally {
        replayed.close();
      }
    });
}
