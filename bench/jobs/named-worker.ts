import { parentPort, workerData } from 'node:worker_threads';
import { RECORD_WORDS, RecordWriter } from '../../lib/core/record.ts';
import { Tracker } from '../../lib/core/tracker.ts';
import { Random } from '../workload/random.ts';
import { BATCH, BUFFERS, type Done, HANDLES, type Start, TASKS, TRACKER } from './named-worker-terms.ts';

// A thread of jobs/named-workers.ts: writes to its own processes, or walks the memtrack files of all.
const { role, index, writers, events, ready, go } = workerData as Start;
const tracker = new Tracker({ name: TRACKER });

/** Installs up to HANDLES buffers per process, then takes and drops at random; the records are made before the start. */
function script(): RecordWriter {
  const random = new Random(1 + index);
  const out = new RecordWriter(events + 1);
  const holds = Array.from({ length: TASKS }, () => new Map<number, true>());
  while (out.count < events) {
    const own = random.below(TASKS);
    const task = 1 + index * TASKS + own;
    const held = holds[own]!;
    const buffer = 1 + random.below(BUFFERS);
    if (held.has(buffer)) continue;
    if (held.size >= HANDLES) {
      const [oldest] = held.keys();
      held.delete(oldest!);
      out.uninstall(task, oldest!);
    } else {
      held.set(buffer, true);
      out.install(task, buffer);
    }
  }
  return out;
}

function wait(): void {
  Atomics.add(ready, 0, 1);
  Atomics.wait(go, 0, 0);
}

function write(): Done {
  const { words, count } = script();
  const took = new Float64Array(Math.ceil(count / BATCH));
  wait();
  for (let at = 0, batch = 0; at < count; at += BATCH, batch++) {
    const length = Math.min(BATCH, count - at);
    const start = process.hrtime.bigint();
    tracker.apply(words.subarray(at * RECORD_WORDS, (at + length) * RECORD_WORDS), length);
    took[batch] = Number(process.hrtime.bigint() - start);
  }
  return { events: count, took, textBytes: 0 };
}

function read(): Done {
  const out = new Uint8Array(1 << 16);
  let textBytes = 0;
  wait();
  while (Atomics.load(go, 0) !== 2) {
    for (let task = 1; task <= writers * TASKS; task++) textBytes += tracker.readMemtrackInto(task, out);
  }
  return { events: 0, took: new Float64Array(0), textBytes };
}

parentPort!.postMessage(role === 'writer' ? write() : read());
tracker.close();
