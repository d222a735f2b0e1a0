// The process exits while workers are in native code, and then again while a worker calls process.exit().
import process from 'node:process';
import { URL } from 'node:url';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { RecordWriter } from '../../../dist/core/record.js';
import { Tracker } from '../../../dist/core/tracker.js';

const tracker = new Tracker({ name: 'exit' });

if (isMainThread) {
  const workers = [0, 1, 2].map((n) => new Worker(new URL(import.meta.url), { workerData: tracker.spawn(n) }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await setTimeout(5);
  process.stdout.write('done\n');
  process.exit(0);
} else {
  const first = tracker.reserve('buffer', 1000);
  const batch = new RecordWriter();
  for (let n = 0; n < 1000; n++) batch.init(first + n, 4096);
  for (let n = 0; n < 40_000; n++) batch.install(workerData, first + (n % 1000));
  parentPort.postMessage('ready');
  for (;;) tracker.apply(batch.words, batch.count);
}
