// Makes the bench runnable: types are erased from bench/**/*.ts into bench/out/js/bench, beside a link `lib` to the built
// package (so `../../lib/core/…` means dist/core/…), and the native rivals are built with CMake. Type checking is
// `tsc --noEmit`, which covers bench/ too.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const bench = dirname(fileURLToPath(import.meta.url));
const root = dirname(bench);
const out = join(bench, 'out', 'js');

rmSync(out, { recursive: true, force: true });
for (const path of sources(bench)) {
  const target = join(out, 'bench', relative(bench, path)).replace(/\.ts$/, '.js');
  mkdirSync(dirname(target), { recursive: true });
  const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  writeFileSync(target, outputText);
}
writeFileSync(join(out, 'package.json'), '{"type":"module"}\n');
symlinkSync(relative(out, join(root, 'dist')), join(out, 'lib'));

if (!process.argv.includes('--js')) {
  const build = join(bench, 'out', 'native');
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('cmake', ['-S', join(bench, 'native'), '-B', build, '-DCMAKE_BUILD_TYPE=Release'], quiet);
  execFileSync('cmake', ['--build', build], quiet);
}

function sources(directory) {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (lstatSync(path).isDirectory()) return name === 'out' || name === 'native' ? [] : sources(path);
    return name.endsWith('.ts') ? [path] : [];
  });
}
