// Workers init and remove as fast as they can: no two live buffers share an id, and the ids stay low.
import { isMainThread } from 'node:worker_threads';
import { apply, begin, check, done, report, runWorkers, tracker } from './threads.mjs';

const LIVE = 50;
const WORKERS = 3;

if (isMainThread) {
  const reports = await runWorkers(
    import.meta.url,
    Array.from({ length: WORKERS }, () => ({})),
  );
  const ids = reports.flatMap(({ live }) => live);
  check('live ids', new Set(ids).size, WORKERS * LIVE);
  const { id } = tracker.snapshot().buffers;
  check('the same ids', [...id].join(), ids.sort((a, b) => a - b).join());
  check('highest id ever', Math.max(...reports.map(({ highest }) => highest)) < WORKERS * LIVE * 2, true);
  check('invariants', tracker.check(), null);
  done();
} else {
  let highest = 0;
  let live = [];
  begin();
  for (let round = 0; round < 300; round++) {
    const first = tracker.reserve('buffer', LIVE);
    const last = round === 299;
    const results = apply((to) => {
      for (let n = 0; n < LIVE; n++) to.init(first + n, n);
      for (let n = 0; n < LIVE && !last; n++) to.remove(first + n);
    });
    live = [...results.subarray(0, LIVE)];
    check(`round ${round}: its ids differ`, new Set(live).size, LIVE);
    check(
      `round ${round}: refused`,
      results.findIndex((result) => result < 0),
      -1,
    );
    highest = Math.max(highest, ...live);
  }
  report({ live, highest });
}
