// Test programs outside of the test runner: their types are erased into build/NAME/test, beside a link `lib` to the built package.
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Erases test/NAME/*.ts and the other sources, paths from the root; returns what test/NAME/main.ts exports. */
export async function importTestProgram(name, more = []) {
  const out = path.join(root, 'build', name);
  const sources = [...more, ...readdirSync(path.join(root, 'test', name)).map((each) => `test/${name}/${each}`)];
  rmSync(out, { recursive: true, force: true });
  for (const source of sources.filter((each) => each.endsWith('.ts') && !each.endsWith('.test.ts'))) {
    const target = path.join(out, source.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(target), { recursive: true });
    const { outputText } = ts.transpileModule(readFileSync(path.join(root, source), 'utf8'), {
      fileName: source,
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
  return import(pathToFileURL(path.join(out, `test/${name}/main.js`)).href);
}
