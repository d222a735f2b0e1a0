/** What the shell is told. */
export const STATUS = { done: 0, badInput: 1, usage: 2, losses: 3, interrupted: 130, terminated: 143 } as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** The input cannot be used: status 1 and this one line. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The command line cannot be meant: status 2 and this one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
