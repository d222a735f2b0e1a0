import { InvalidArgumentError, Option } from 'commander';
import type { Semantics } from '../core/tracker.ts';
import type { TraceFormat } from '../trace/sniff.ts';
import { parseMoment } from './moment.ts';
import type { Moment } from './moment.ts';

/** Options of every question, as commander hands them over. */
export interface CommonOptions {
  readonly at?: Moment;
  readonly semantics: Semantics;
  readonly format?: TraceFormat;
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** `--at TIME` */
export function atOption(): Option {
  return new Option(
    '--at <time>',
    'the state at TIME: seconds on the clock of the trace, 5ms, +1.5s (from its start) or -2s (from its end)',
  ).argParser((text): Moment => {
    const moment = parseMoment(text);
    if (moment === null)
      throw new InvalidArgumentError('Expected a time such as 812.400117, 812400117000ns, +1.5s or -2s.');
    return moment;
  });
}

/** `--semantics` */
export function semanticsOption(): Option {
  return new Option(
    '--semantics <which>',
    'accounting as the 2016 series promises it, or as its patches do it: posted tracks only exporters that give a memtrack buffer (ION)',
  )
    .choices(['intended', 'posted'])
    .default('intended');
}

/** `--format` */
export function formatOption(): Option {
  return new Option('--format <format>', 'what the trace is, where its first bytes do not tell').choices([
    'strace',
    'ftrace',
    'mtrk',
  ]);
}

/** `--top` */
export function topOption(): Option {
  return new Option('--top <n>', 'only the first N rows of each table').argParser((text): number => {
    const rows = Number(text);
    if (!/^\d+$/.test(text) || rows < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
    return rows;
  });
}

/** `--strict` */
export function strictOption(): Option {
  return new Option('--strict', 'exit with status 3 if anything of severity error or data-loss was counted');
}

/** `--json` */
export function jsonOption(): Option {
  return new Option('--json', 'one JSON document on standard output');
}
