// Runs test/differential/main.ts outside of the test runner, for many programs: its types are erased into
// build/differential/test, beside a link `lib` to the built package. Options: see main.ts.
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, 'build', 'differential');
const sources = [
  'test/random.ts',
  ...readdirSync(path.join(root, 'test/differential')).map((name) => `test/differential/${name}`),
];

rmSync(out, { recursive: true, force: true });
for (const name of sources.filter((each) => each.endsWith('.ts') && !each.endsWith('.test.ts'))) {
  const target = path.join(out, name.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(target), { recursive: true });
  const { outputText } = ts.transpileModule(readFileSync(path.join(root, name), 'utf8'), {
    fileName: name,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  writeFileSync(target, outputText);
}
writeFileSync(path.join(out, 'package.json'), '{"type":"module"}\n');
symlinkSync(path.relative(out, path.join(root, 'dist')), path.join(out, 'lib'));

const { main } = await import(pathToFileURL(path.join(out, 'test/differential/main.js')).href);
process.exitCode = await main(process.argv.slice(2), path.join(root, 'test/differential'));
