import type { Context } from './case.ts';
import type { Machine } from './machine.ts';
import type { SectionResult, VariantResult } from './rounds.ts';

export function formatHeader(machine: Machine, rounds: number, { smoke, seed }: Context): string {
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.linux}`,
    `Node ${machine.node}, ${machine.compiler}, commit ${machine.commit}`,
    `${rounds} interleaved ${rounds === 1 ? 'round' : 'rounds'}, a fresh process each; seed ${seed}; median (min … max)`,
    ...(smoke ? ['smoke: everything tiny; the figures mean nothing'] : []),
  ].join('\n');
}

/** A table: one row per contestant, one column per figure, and the ratio to the first row. */
export function formatSection({ title, variants, disagreement }: SectionResult): string {
  const head = ['', ...variants[0]!.figures.map((figure) => figure.unit), 'ratio'];
  const rows = [head, ...variants.map(row)];
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const errors = variants.flatMap((variant) => (variant.error === null ? [] : [`  ${variant.name}: ${variant.error}`]));
  const notes = disagreement === null ? errors : [...errors, `  they disagree: ${disagreement}`];
  return [`  ${title}`, ...lines.map((line) => `    ${line}`), ...notes].join('\n');
}

function row({ name, figures, ratio, error }: VariantResult): readonly string[] {
  if (error !== null) return [name, 'failed'];
  const cells = figures.map(({ median, min, max }) => `${number(median)} (${number(min)} … ${number(max)})`);
  return [name, ...cells, Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : ''];
}

/** Three digits that matter. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
