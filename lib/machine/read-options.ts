import { refuseUnknownOptions } from '../core/known-options.ts';
import { Task } from '../model/task.ts';
import type { Reader } from './pseudo-node.ts';

export interface ReadOptions {
  /** Who reads, with its credentials and in its pid namespace. Default: root, outside the model. */
  readonly as?: Task | null;
}

/** TypeError: not a task. */
export function readerOf(options: ReadOptions = {}): Reader {
  if (typeof options !== 'object') throw new TypeError('expected options such as { as: task }');
  refuseUnknownOptions(options, ['as'], 'read');
  const { as = null } = options;
  if (as !== null && !(as instanceof Task)) throw new TypeError('as: expected a task');
  return as;
}

/** TypeError: not a string. */
export function checkedPath(path: string): string {
  if (typeof path !== 'string') throw new TypeError('expected a path');
  return path;
}
