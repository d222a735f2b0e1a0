import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { BenchCase, Context, Section } from './case.ts';
import { CASES } from './cases/index.ts';
import { describeMachine } from './machine.ts';
import { formatHeader, formatSection } from './report.ts';
import { measureSection, type SectionResult } from './rounds.ts';

// npm run bench -- [CASE…] [--rounds N] [--seed N] [--smoke] [--json] [--list]: see bench/README.md.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    smoke: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

let failed = false;

function chosen(): readonly BenchCase[] {
  const unknown = positionals.filter((name) => !CASES.some((one) => one.name === name));
  if (unknown.length > 0) {
    console.error(`no case ${unknown.join(', ')}; there are ${CASES.map((one) => one.name).join(', ')}`);
    process.exit(2);
  }
  return positionals.length === 0 ? CASES : CASES.filter((one) => positionals.includes(one.name));
}

/** A case that cannot be prepared fails; the others run. */
function prepared(name: string, sections: () => readonly Section[]): readonly Section[] {
  try {
    return sections();
  } catch (error) {
    console.error(`${name} cannot run: ${error instanceof Error ? error.message : String(error)}`);
    failed = true;
    return [];
  }
}

if (values.list) {
  for (const one of CASES) console.log(`${one.name.padEnd(18)} ${one.title}`);
  process.exit(0);
}

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const context: Context = {
  root,
  workloads: fileURLToPath(new URL('../../workload', import.meta.url)),
  smoke: values.smoke,
  seed: Number(values.seed),
};
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 5));
const machine = describeMachine(root);
const cases: { name: string; title: string; sections: SectionResult[] }[] = [];
if (!values.json) console.log(formatHeader(machine, rounds, context));
for (const { name, title, sections } of chosen()) {
  if (!values.json) console.log(`\n${name}: ${title}`);
  const results: SectionResult[] = [];
  for (const section of prepared(name, () => sections(context))) {
    const result = measureSection(section, rounds);
    if (!values.json) console.log(formatSection(result));
    failed ||= result.disagreement !== null || result.variants.some((variant) => variant.error !== null);
    results.push(result);
  }
  cases.push({ name, title, sections: results });
}
if (values.json)
  console.log(JSON.stringify({ machine, rounds, smoke: context.smoke, seed: context.seed, cases }, null, 2));
if (failed) {
  console.error('a contestant failed or gave another answer than the rest');
  process.exitCode = 1;
}
