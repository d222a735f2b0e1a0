import { RecordWriter } from '../../lib/core/record.ts';
import { Tracker } from '../../lib/core/tracker.ts';
import { report } from '../measurement.ts';
import { JsMapRival } from '../rivals/js-map.ts';
import { Stopwatch } from '../stopwatch.ts';

// node jobs/single-install.js memtrack|js-map CALLS: install and uninstall, one call each.
const TASKS = 40;
const BUFFERS = 1000;

interface Installer {
  install(task: number, buffer: number): void;
  uninstall(task: number, buffer: number): void;
}

function prepared(): RecordWriter {
  const records = new RecordWriter();
  for (let task = 1; task <= TASKS; task++) records.spawn(task, 1000 + task);
  for (let buffer = 1; buffer <= BUFFERS; buffer++) records.init(buffer, 4096);
  return records;
}

function installerOf(name: string): Installer {
  const records = prepared();
  if (name === 'js-map') {
    const rival = new JsMapRival();
    rival.execute(records.words, 0, records.count);
    return rival;
  }
  const tracker = new Tracker();
  tracker.apply(records.words, records.count);
  return tracker;
}

function everyPair(installer: Installer): void {
  for (let task = 1; task <= TASKS; task++) {
    for (let buffer = 1; buffer <= BUFFERS; buffer++) installer.install(task, buffer);
  }
  for (let task = 1; task <= TASKS; task++) {
    for (let buffer = 1; buffer <= BUFFERS; buffer++) installer.uninstall(task, buffer);
  }
}

const [name = '', calls = '0'] = process.argv.slice(2);
const installer = installerOf(name);
const rounds = Math.max(1, Math.round(Number(calls) / (2 * TASKS * BUFFERS)));
everyPair(installer); // so that the loop is compiled
const watch = new Stopwatch();
watch.start();
for (let i = 0; i < rounds; i++) everyPair(installer);
report({ units: rounds * 2 * TASKS * BUFFERS, ...watch.stop() });
