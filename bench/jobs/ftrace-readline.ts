import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { report } from '../measurement.ts';

// node jobs/ftrace-readline.js FILE: every line split by a regular expression, the sizes of dma_heap_stat added up.
const LINE = /^ *(.+)-(\d+) +(?:\( *([\d-]*)\) +)?\[(\d+)\] +\S* +(\d+\.\d+): (\w+): (.*)$/;
const HEAP = /^inode=(\d+) len=(-?\d+)B total_allocated=(\d+)B$/;
const [file = ''] = process.argv.slice(2);
const bytes = new Map<string, number>();
for await (const line of createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Infinity })) {
  const match = LINE.exec(line);
  if (match === null || match[6] !== 'dma_heap_stat') continue;
  const heap = HEAP.exec(match[7]!);
  if (heap !== null) bytes.set(match[3] ?? '', (bytes.get(match[3] ?? '') ?? 0) + Number(heap[2]));
}
console.error(`${bytes.size} processes`);
const { user, system } = process.cpuUsage();
report({ units: statSync(file).size, cpuNs: (user + system) * 1000, wallNs: performance.now() * 1e6 });
