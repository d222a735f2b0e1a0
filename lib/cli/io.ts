/** Where a command writes and what it may use; a test gives its own. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C: what was finished is kept. */
  readonly signal: AbortSignal;
}

export interface Output {
  write(text: string): unknown;
  /** Whether a person looks at it. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Colours only where a person sees them and has not asked for none (no-color.org). */
export function wantsColour(output: Output, env: Io['env']): boolean {
  return output.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
