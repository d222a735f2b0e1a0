import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly linux: string;
  readonly node: string;
  readonly compiler: string;
  readonly commit: string;
}

export function describeMachine(root: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    linux: release(),
    node: process.version,
    compiler: firstLine('c++', ['--version'], root),
    commit: `${firstLine('git', ['rev-parse', '--short', 'HEAD'], root)}${changed(root) ? ' with changes' : ''}`,
  };
}

function changed(root: string): boolean {
  return firstLine('git', ['status', '--porcelain', '--untracked-files=no'], root) !== '';
}

function firstLine(program: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0]!;
  } catch {
    return 'unknown';
  }
}
