import { run } from '../../lib/cli/run.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process, on no terminal. */
export async function runHere(...argv: readonly string[]): Promise<Ran> {
  return runWith(new AbortController().signal, {}, argv);
}

/** The same with a signal and what the terminal is. */
export async function runWith(
  signal: AbortSignal,
  { isTTY = false, env = {} }: { readonly isTTY?: boolean; readonly env?: Record<string, string> },
  argv: readonly string[],
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const status = await run(argv, {
    stdout: { write: (text) => void (stdout += text), isTTY },
    stderr: { write: (text) => void (stderr += text) },
    env,
    signal,
  });
  return { status, stdout, stderr };
}

export const PYTHON = new URL('../captures/strace-python/python.strace.gz', import.meta.url).pathname;
export const DMABUF = new URL('../captures/strace-dmabuf/strace.txt.gz', import.meta.url).pathname;
