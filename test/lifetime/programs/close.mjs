// Opens and closes, twice each; the numbers of closed trackers are never another's.
import process from 'node:process';
import { Tracker } from '../../../dist/core/tracker.js';

for (let round = 0; round < 500; round++) {
  const tracker = new Tracker(round % 2 === 0 ? {} : { name: 'close', semantics: 'posted' });
  const task = tracker.spawn(round);
  if (task !== 1) throw new Error(`round ${round}: the tracker is not new`);
  tracker.install(task, tracker.init({ size: 1 }));
  tracker.close();
  tracker.close();
}
process.stdout.write('done\n');
