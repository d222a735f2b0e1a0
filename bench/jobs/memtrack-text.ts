import { RecordWriter } from '../../lib/core/record.ts';
import { Tracker } from '../../lib/core/tracker.ts';
import { report } from '../measurement.ts';
import { padStartText } from '../rivals/pad-start-text.ts';
import { Stopwatch } from '../stopwatch.ts';

// node jobs/memtrack-text.js into|string|pad-start ROWS TIMES: one task's memtrack file, rendered again and again.
const [how = '', rowsText = '0', timesText = '0'] = process.argv.slice(2);
const rows = Number(rowsText);
const times = Number(timesText);
const PID = 4242;
const sizeOf = (id: number) => 4096 * ((id % 3600) + 1);

function holder(): Tracker {
  const records = new RecordWriter();
  records.spawn(1, PID);
  for (let id = 0; id < rows; id++) records.init(id + 1, sizeOf(id));
  for (let id = 0; id < rows; id++) records.install(1, id + 1);
  const tracker = new Tracker();
  tracker.apply(records.words, records.count);
  return tracker;
}

/** Renders once and gives the number of bytes. */
function renderer(): () => number {
  if (how === 'pad-start') {
    const ready = Array.from({ length: rows }, (_, id) => ({ holders: 1, id, size: sizeOf(id) }));
    return () => padStartText(PID, ready).length;
  }
  const tracker = holder();
  const out = new Uint8Array(rows * 64 + 256);
  return how === 'into' ? () => tracker.readMemtrackInto(1, out) : () => tracker.readMemtrack(1).length;
}

const render = renderer();
for (let i = 0; i < 100; i++) render(); // so that the loop is compiled
let textBytes = 0;
const watch = new Stopwatch();
watch.start();
for (let i = 0; i < times; i++) textBytes += render();
report({ units: rows * times, ...watch.stop(), textBytes });
