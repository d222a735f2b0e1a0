import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import picocolors from 'picocolors';
import { findHolding } from '../rules/index.ts';
import type { Ink } from '../report/index.ts';
import { escapeText, formatAnswer, formatJson, makeAnswer } from '../report/index.ts';
import { formatBundle, formatTruth, kernelFor, playSteps, ScenarioError } from '../scenario/index.ts';
import type { Step } from '../scenario/index.ts';
import type { Status } from './exit-status.ts';
import { InputError, STATUS, UsageError } from './exit-status.ts';
import { wantsColour } from './io.ts';
import type { Io } from './io.ts';
import { jsonOption, semanticsOption } from './options.ts';
import type { CommonOptions } from './options.ts';

interface PlayOptions extends Pick<CommonOptions, 'semantics' | 'json'> {
  readonly by: 'process' | 'buffer';
  readonly detail?: boolean;
  readonly snap?: string;
}

const EXAMPLE = `
Examples:
  $ memtrack play camera.scn
  $ memtrack play camera.scn --by buffer --detail
  $ memtrack play camera.scn --snap shown/    writes shown/00-created.json, shown/00-created.snap …

A scenario (docs/conformance.md):
  actor camera
  actor viewer
  camera heap frame 64K name=cam-frame
  camera send viewer frame
  snap in-flight note="queued in viewer's socket"
  viewer recv
  viewer mmap frame
  snap received`;

/** `memtrack play FILE.scn` */
export function addPlayCommand(program: Command, io: Io, finish: (status: Status) => void): void {
  program
    .command('play')
    .summary('plays a scenario on the modelled kernel')
    .description('Plays a scenario on the modelled kernel and prints who holds what at each of its snaps.')
    .argument('<file>', 'a scenario, .scn; - is standard input')
    .addOption(
      new Option('--by <rows>', 'a row per process or per buffer').choices(['process', 'buffer']).default('buffer'),
    )
    .addOption(new Option('--detail', 'every descriptor and mapping'))
    .addOption(semanticsOption())
    .addOption(jsonOption())
    .addOption(
      new Option(
        '--snap <dir>',
        'instead, writes the truth and the text of pseudo-files at each step into DIR',
      ).conflicts('json'),
    )
    .addHelpText('after', EXAMPLE)
    .action((file: string, options: PlayOptions) => finish(playFile(io, file, options)));
}

function playFile(io: Io, file: string, options: PlayOptions): Status {
  const name = file === '-' ? 'standard input' : escapeText(file);
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  using kernel = kernelFor(text, { semantics: options.semantics });
  const show = showerOf(io, options);
  try {
    for (const step of playSteps(text, kernel)) show.step(step);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new InputError(`${name}:${error.line}: ${escapeText(error.message)}`);
  }
  show.end();
  return STATUS.done;
}

/** What is done with each step, and when there are no more. */
interface Shower {
  step(step: Step): void;
  end(): void;
}

function showerOf(io: Io, options: PlayOptions): Shower {
  if (options.snap !== undefined) {
    if (options.detail === true) throw new UsageError('--detail has no place with --snap, which writes everything');
    return intoDirectory(io, options.snap);
  }
  return options.json === true ? asJson(io, options) : asTables(io, options);
}

/** Nothing of a scenario that cannot be played to its end. */
function asJson(io: Io, { detail = false }: PlayOptions): Shower {
  const steps: object[] = [];
  return {
    step: ({ truth, snapshot }) => steps.push({ ...truth, answer: makeAnswer(findHolding(snapshot), { detail }) }),
    end: () => io.stdout.write(formatJson({ schema: 'memtrack-play/1', steps })),
  };
}

function asTables(io: Io, { by, detail = false }: PlayOptions): Shower {
  const ink: Ink = picocolors.createColors(wantsColour(io.stdout, io.env));
  let first = true;
  return {
    step: ({ step, name, note, snapshot }) => {
      const head = ink.bold(`Step ${String(step).padStart(2, '0')} ${escapeText(name)}`);
      const answer = makeAnswer(findHolding(snapshot), { detail });
      const table = formatAnswer({ ...answer, at: null }, { by, ink, detail }).replace('At the end: ', '');
      io.stdout.write(`${first ? '' : '\n'}${head}${note === '' ? '' : `: ${escapeText(note)}`}\n${table}`);
      first = false;
    },
    end: () => undefined,
  };
}

function intoDirectory(io: Io, directory: string): Shower {
  mkdirSync(directory, { recursive: true });
  return {
    step: ({ step, name, truth, files }) => {
      if (name.includes('/')) throw new InputError(`snap ${escapeText(name)}: no name for a file`);
      const base = path.join(directory, `${String(step).padStart(2, '0')}-${name}`);
      writeFileSync(`${base}.json`, formatTruth(truth));
      writeFileSync(`${base}.snap`, formatBundle(files));
      io.stdout.write(`${escapeText(base)}.json, .snap\n`);
    },
    end: () => undefined,
  };
}
