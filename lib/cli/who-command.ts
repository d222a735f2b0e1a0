import type { Command } from 'commander';
import picocolors from 'picocolors';
import type { Answer, AnswerBuffer } from '../report/index.ts';
import { escapeText, formatAnswer, formatJson, formatSize, makeAnswer, showName } from '../report/index.ts';
import { findHolding } from '../rules/index.ts';
import { parseSelector, select } from './buffer-selector.ts';
import type { Status } from './exit-status.ts';
import { InputError, STATUS } from './exit-status.ts';
import { wantsColour } from './io.ts';
import type { Io } from './io.ts';
import { isLossy } from './replay-command.ts';
import { atOption, formatOption, jsonOption, semanticsOption, strictOption } from './options.ts';
import type { CommonOptions } from './options.ts';
import { replayTrace } from './replay-trace.ts';

/** Candidates named when a word fits several buffers. */
const CANDIDATES = 10;

const EXAMPLE = `
BUFFER is ino:27, dev:ino:0:11/27, id:0, key:1, name:cam, or a word that fits the name of one buffer only.

Example:
  $ memtrack who camera.strace name:preview --at -2s`;

/** `memtrack who TRACE BUFFER` */
export function addWhoCommand(program: Command, io: Io, finish: (status: Status) => void): void {
  program
    .command('who')
    .summary('who holds one buffer, through what, since when')
    .description('Replays a trace and prints who holds one buffer: every descriptor and mapping.')
    .argument('<trace>', 'a recording')
    .argument('<buffer>', 'which one')
    .addOption(atOption())
    .addOption(semanticsOption())
    .addOption(formatOption())
    .addOption(jsonOption())
    .addOption(strictOption())
    .addHelpText('after', EXAMPLE)
    .action(async (trace: string, which: string, options: CommonOptions) => {
      parseSelector(which);
      const replayed = await replayTrace(io, trace, {
        at: options.at ?? null,
        semantics: options.semantics,
        format: options.format,
      });
      const answer = makeAnswer(findHolding(replayed.snapshot()), { losses: replayed.losses, detail: true });
      const { interrupted } = replayed.facts;
      replayed.close();
      const buffer = theOnly(trace, answer, which);
      io.stdout.write(options.json === true ? document(answer, buffer) : text(io, answer, buffer));
      const lossy = options.strict === true && isLossy(answer);
      finish(interrupted ? STATUS.interrupted : lossy ? STATUS.losses : STATUS.done);
    });
}

function theOnly(trace: string, { buffers }: Answer, which: string): AnswerBuffer {
  const found = select(buffers, which);
  const [only] = found;
  if (only === undefined) {
    throw new InputError(
      `${escapeText(trace)}: no buffer that lives then is ${escapeText(which)}; "memtrack replay --by buffer" lists them`,
    );
  }
  if (found.length === 1) return only;
  const shown = found
    .slice(0, CANDIDATES)
    .map(
      (buffer) =>
        `key:${buffer.key} (${showName(buffer.name)}, ${formatSize(buffer.size ?? buffer.sizeAtLeast ?? null, buffer.size === null)})`,
    );
  const more = found.length > CANDIDATES ? ` and ${found.length - CANDIDATES} more` : '';
  throw new InputError(
    `${escapeText(which)} fits ${found.length} buffers: ${shown.join(', ')}${more}; name one by its key`,
  );
}

function document({ at, losses }: Answer, buffer: AnswerBuffer): string {
  return formatJson({ schema: 'memtrack-who/1', at, buffer, losses });
}

function text(io: Io, answer: Answer, buffer: AnswerBuffer): string {
  const ink = picocolors.createColors(wantsColour(io.stdout, io.env));
  const size = buffer.size ?? buffer.sizeAtLeast ?? 0;
  const held = buffer.holders.length > 0;
  const totals = {
    ...answer.totals,
    buffers: 1,
    bytes: size,
    heldBytes: held ? size : 0,
    orphanBytes: held ? 0 : size,
    residentBytes: buffer.resident,
    unknownSizes: buffer.size === null ? 1 : 0,
    known: buffer.size === null ? 'lower-bound' : 'exact',
  } as const;
  return formatAnswer({ ...answer, totals, buffers: [buffer] }, { by: 'buffer', detail: true, ink });
}
