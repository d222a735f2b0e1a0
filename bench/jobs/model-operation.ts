import { report } from '../measurement.ts';
import { type Operation, operationOf, type OperationName } from '../workload/model-operations.ts';
import { populate } from '../workload/model-world.ts';

// node jobs/model-operation.js OPERATION COUNT SEED: one operation of the model, what it tells the core included.
const [name = '', count = '0', seed = '1'] = process.argv.slice(2);
const world = populate(1000, 300);
const operation = operationOf(name as OperationName, world, Number(seed));

/** CPU and clock time of `rows` rows, without what lies between them. */
function time({ row, before, once, after }: Operation, rows: number): { cpuNs: number; wallNs: number } {
  let cpu = 0;
  let wall = 0n;
  for (let at = 0; at < rows; at++) {
    before?.();
    world.kernel.flush();
    const start = process.cpuUsage();
    const clock = process.hrtime.bigint();
    for (let i = 0; i < row; i++) once(i);
    world.kernel.flush();
    wall += process.hrtime.bigint() - clock;
    const { user, system } = process.cpuUsage(start);
    cpu += user + system;
    after?.();
  }
  return { cpuNs: cpu * 1000, wallNs: Number(wall) };
}

const rows = Math.max(1, Math.round(Number(count) / operation.row));
time(operation, Math.min(rows, 20)); // so that the loop is compiled
report({ units: rows * operation.row, ...time(operation, rows) });
