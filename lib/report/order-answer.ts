import type { Answer } from './answer.ts';
import { sortBuffers } from './buffer-table.ts';
import type { FormatOptions } from './format-answer.ts';
import { sortProcesses } from './process-table.ts';

/**
 * The answer with its processes, or its buffers, sorted and cut as their table would be, for documents. As it was if
 * neither is asked for; totals and losses stay those of the whole.
 *
 * @example
 * formatJson(orderAnswer(answer, { by: 'buffer', sort: 'size', top: 20 }))
 */
export function orderAnswer(answer: Answer, options: FormatOptions): Answer {
  const { sort, top = Infinity } = options;
  if (sort === undefined && top === Infinity) return answer;
  return options.by === 'buffer'
    ? { ...answer, buffers: sortBuffers(answer.buffers, options.sort ?? 'size').slice(0, top) }
    : { ...answer, processes: sortProcesses(answer.processes, options.sort ?? 'pss').slice(0, top) };
}
