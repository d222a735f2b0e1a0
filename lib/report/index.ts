/** Reports: answers as tables, JSON and CSV. Pure functions that return text. */

export type {
  Answer,
  AnswerBuffer,
  AnswerFd,
  AnswerHolder,
  AnswerMapping,
  AnswerProcess,
  AnswerTotals,
  Loss,
} from './answer.ts';
export { BUFFER_SORTS, type BufferSort } from './buffer-table.ts';
export { type CsvRows, formatCsv } from './csv.ts';
export { escapeText, showName } from './escape.ts';
export { formatAnswer, formatLosses, type FormatOptions } from './format-answer.ts';
export { formatJson } from './json.ts';
export { type AnswerOptions, makeAnswer } from './make-answer.ts';
export { orderAnswer } from './order-answer.ts';
export { PROCESS_SORTS, type ProcessSort } from './process-table.ts';
export { formatSize } from './size.ts';
export { type Ink, plain } from './table.ts';
export { formatTime } from './time.ts';
