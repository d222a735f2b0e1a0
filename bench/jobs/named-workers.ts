import { Worker } from 'node:worker_threads';
import { RecordWriter } from '../../lib/core/record.ts';
import { Tracker } from '../../lib/core/tracker.ts';
import { report } from '../measurement.ts';
import { Stopwatch } from '../stopwatch.ts';
import { BUFFERS, type Done, type Start, TASKS, TRACKER } from './named-worker-terms.ts';

// node jobs/named-workers.js WRITERS READERS EVENTS: threads on one named tracker. EVENTS is per writer.
const [writersText = '1', readersText = '0', eventsText = '64000'] = process.argv.slice(2);
const writers = Number(writersText);
const readers = Number(readersText);

const tracker = new Tracker({ name: TRACKER });
const records = new RecordWriter();
for (let task = 1; task <= writers * TASKS; task++) records.spawn(task, 1000 + task);
for (let buffer = 1; buffer <= BUFFERS; buffer++) records.init(buffer, 4096);
tracker.apply(records.words, records.count);

const ready = new Int32Array(new SharedArrayBuffer(4));
const go = new Int32Array(new SharedArrayBuffer(4));
const begin = (role: 'writer' | 'reader', index: number) => {
  const workerData: Start = { role, index, writers, events: Number(eventsText), ready, go };
  return new Worker(new URL('./named-worker.js', import.meta.url), { workerData });
};
const done = (worker: Worker) =>
  new Promise<Done>((resolve, reject) => worker.once('message', resolve).once('error', reject));

const writing = Array.from({ length: writers }, (_, i) => done(begin('writer', i)));
const reading = Array.from({ length: readers }, (_, i) => done(begin('reader', i)));
while (Atomics.load(ready, 0) < writers + readers) await new Promise((resolve) => setTimeout(resolve, 1));
const watch = new Stopwatch();
watch.start();
Atomics.store(go, 0, 1);
Atomics.notify(go, 0);
const finished = await Promise.all(writing);
const timed = watch.stop();
Atomics.store(go, 0, 2);
const read = await Promise.all(reading);
const took = Float64Array.from(finished.flatMap((one) => [...one.took])).sort();
const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))]!;
report({
  units: finished.reduce((sum, one) => sum + one.events, 0),
  ...timed,
  textBytes: read.reduce((sum, one) => sum + one.textBytes, 0),
  stall: { p50: at(0.5), p999: at(0.999), max: took.at(-1)! },
});
tracker.close();
