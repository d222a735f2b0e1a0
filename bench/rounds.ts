import { spawnSync } from 'node:child_process';
import type { Role, Section, Variant } from './case.ts';
import type { Measurement } from './measurement.ts';
import { type Spread, spreadOf } from './spread.ts';

export interface VariantResult {
  readonly name: string;
  readonly role: Role;
  readonly measurements: readonly Measurement[];
  /** One per figure of the section. */
  readonly figures: readonly (Spread & { readonly unit: string })[];
  /** How many times worse than the first variant, by the medians of the first figure. */
  readonly ratio: number;
  readonly error: string | null;
}

export interface SectionResult {
  readonly title: string;
  readonly variants: readonly VariantResult[];
  /** Null, or who gave another checksum: then the figures mean nothing. */
  readonly disagreement: string | null;
}

interface Trial {
  readonly variant: Variant;
  readonly measurements: Measurement[];
  error: string | null;
}

/** Every round runs every variant once, each in a fresh process, so that a drift of the machine meets all alike. */
export function measureSection(section: Section, rounds: number): SectionResult {
  const trials: Trial[] = section.variants.map((variant) => ({ variant, measurements: [], error: null }));
  for (let round = 0; round < rounds; round++) {
    for (const trial of trials) {
      if (trial.error === null) measure(trial);
    }
  }
  const first = section.figures[0]!;
  const base = trials[0]!.measurements;
  const variants = trials.map(({ variant, measurements, error }): VariantResult => {
    const figures = section.figures.map((figure) => ({ unit: figure.unit, ...spreadOf(measurements.map(figure.of)) }));
    const ours = spreadOf(base.map(first.of)).median;
    const theirs = figures[0]!.median;
    return {
      name: variant.name,
      role: variant.role,
      measurements,
      figures,
      ratio: first.more ? ours / theirs : theirs / ours,
      error,
    };
  });
  return { title: section.title, variants, disagreement: disagreement(trials) };
}

function measure(trial: Trial): void {
  const [program, ...args] = trial.variant.argv;
  const child = spawnSync(program!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  const line = child.stdout?.trimEnd().split('\n').at(-1) ?? '';
  if (child.status === 0 && line.startsWith('{')) {
    trial.measurements.push(JSON.parse(line) as Measurement);
    return;
  }
  trial.error = child.error?.message ?? `ended with ${child.status ?? child.signal}: ${reason(child.stderr ?? '')}`;
}

/** The line of an error's text that says what is wrong. */
function reason(stderr: string): string {
  const lines = stderr.trimEnd().split('\n');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? '';
}

function disagreement(trials: readonly Trial[]): string | null {
  const checked = trials.filter(({ variant }) => variant.unchecked !== true);
  for (const key of ['digest', 'textBytes'] as const) {
    const answers = checked.flatMap(({ variant, measurements }) =>
      measurements.flatMap((m) => (m[key] === undefined ? [] : [{ name: variant.name, answer: m[key] }])),
    );
    const other = answers.find(({ answer }) => answer !== answers[0]!.answer);
    if (other !== undefined)
      return `${key}: ${other.name} has ${other.answer}, ${answers[0]!.name} ${answers[0]!.answer}`;
  }
  return null;
}
