/** The exporter of docs/exporter.md runs, and is as short as the page promises. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileFunction } from 'node:vm';
import { expect, test } from 'vitest';
import * as memtrack from '../lib/index.ts';
import { runnable } from './house/runnable.ts';
import { ROOT } from './house/sources.ts';

const page = readFileSync(path.join(ROOT, 'docs/exporter.md'), 'utf8');
const blocks = [...page.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code = '']) => code);

test('a user writes an exporter in under 60 lines', () => {
  expect(blocks).toHaveLength(2);
  expect(blocks[0]!.split('\n').length).toBeLessThan(60);
});

test('it does what the page says', async () => {
  let checks = 0;
  const given: Readonly<Record<string, unknown>> = {
    ...memtrack,
    equal: (got: unknown, wanted: unknown) => {
      checks++;
      expect(got).toEqual(wanted);
    },
  };
  const run = compileFunction(runnable(blocks.join('\n')), Object.keys(given)) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(...Object.values(given));
  expect(checks).toBe(6);
});

test('what it refuses', async () => {
  const code = `${blocks[0]!}
    const kernel = new Kernel();
    const pool = new CameraPool(kernel, 1 << 20);
    const task = kernel.spawn();
    const fd = pool.alloc(task, 640, 480);
    const refusal = (call) => { try { call(); return null; } catch (error) { return error.code; } };
    const map = (options) => refusal(() => task.mmap({ fd, length: 614400, ...options }));
    refusal(() => pool.alloc(task, 640, 480)) === 'ENOMEM';
    map({ length: 4096 }) === 'EINVAL';
    map({ shared: false }) === 'EINVAL';
    map({ prot: PROT.READ | PROT.EXEC }) === 'EACCES';
    map({}) === null;
    task.group.nofile = 1;
    refusal(() => pool.alloc(task, 16, 16)) === 'EMFILE';
    kernel.read('/sys/kernel/debug/camera/free') === '434176\\n';
    kernel.close();
  `;
  const given: Readonly<Record<string, unknown>> = {
    ...memtrack,
    equal: (got: unknown, wanted: unknown) => expect(got).toEqual(wanted),
  };
  const run = compileFunction(runnable(code), Object.keys(given)) as (...values: unknown[]) => Promise<void>;
  await run(...Object.values(given));
});
