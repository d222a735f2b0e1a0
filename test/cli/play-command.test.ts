import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './captured-io.ts';

const SCENARIO =
  'actor camera\ncamera heap frame 64K name=cam\nsnap made note="by fd"\ncamera close frame\nsnap gone\n';
let directory = '';
let file = '';

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'memtrack-play-'));
  file = path.join(directory, 'camera.scn');
  writeFileSync(file, SCENARIO);
});

afterAll(() => rmSync(directory, { recursive: true }));

describe('play', () => {
  test('prints a table at each snap', async () => {
    const { status, stdout } = await runHere('play', file);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Step 00 made: by fd\n1 buffer, 64 KiB;/);
    expect(stdout).toMatch(/cam +system .* camera\[\d+\] 1 fd\n/);
    expect(stdout).toMatch(/\nStep 01 gone\n0 buffers, 0 B\n/);
  });

  test('--json is one document', async () => {
    const { stdout } = await runHere('play', file, '--json');
    const { schema, steps } = JSON.parse(stdout) as {
      schema: string;
      steps: { name: string; buffers: object[]; answer: object }[];
    };
    expect(schema).toBe('memtrack-play/1');
    expect(steps.map(({ name }) => name)).toEqual(['made', 'gone']);
    expect(steps[0]).toMatchObject({ buffers: [{ label: 'frame', alive: true }], answer: { schema: 'memtrack/1' } });
    expect(steps[1]).toMatchObject({ buffers: [{ label: 'frame', alive: false }], answer: { buffers: [] } });
  });

  test('--snap writes the truth and a bundle for each', async () => {
    const out = path.join(directory, 'shown');
    const { status } = await runHere('play', file, '--snap', out);
    expect(status).toBe(0);
    expect(readdirSync(out)).toEqual(['00-made.json', '00-made.snap', '01-gone.json', '01-gone.snap']);
    expect(JSON.parse(readFileSync(path.join(out, '00-made.json'), 'utf8'))).toMatchObject({
      step: 0,
      name: 'made',
      note: 'by fd',
    });
    expect(readFileSync(path.join(out, '00-made.snap'), 'utf8')).toMatch(/^@bundle 1\n@dir proc\/\d+\n/);
  });

  test('a line that cannot be played is named, and nothing but that is printed of a document', async () => {
    const bad = path.join(directory, 'bad.scn');
    writeFileSync(bad, `${SCENARIO}camera close frame\n`);
    const { status, stdout, stderr } = await runHere('play', bad, '--json');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(`memtrack: ${bad}:6: camera holds no fd on frame\n`);
  });

  test('what contradicts itself is wrong usage; what is not there cannot be used', async () => {
    expect((await runHere('play', file, '--json', '--snap', directory)).status).toBe(2);
    expect((await runHere('play', file, '--detail', '--snap', directory)).status).toBe(2);
    expect((await runHere('play')).status).toBe(2);
    expect((await runHere('play', path.join(directory, 'none.scn'))).status).toBe(1);
  });
});
