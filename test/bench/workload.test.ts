import { describe, expect, it } from 'vitest';
import { distributionOf, MixCounter } from '../../bench/workload/distribution.ts';
import { Generator } from '../../bench/workload/generate.ts';
import { MAX_HOLDERS, SHAPES } from '../../bench/workload/shape.ts';
import { OP, RECORD_WORDS, WORD } from '../../lib/core/record.ts';
import { NaiveHolders } from './naive-holders.ts';

const seed = Number(process.env['MEMTRACK_SEED'] ?? 1);
const shape = SHAPES['smoke']!;

function generate(withSeed = seed) {
  const mix = new MixCounter();
  const words = new Uint32Array(shape.events * RECORD_WORDS);
  let at = 0;
  const generated = new Generator(shape, withSeed, (chunk, count) => {
    mix.add(chunk, count);
    words.set(chunk.subarray(0, count * RECORD_WORDS), at);
    at += count * RECORD_WORDS;
  }).run();
  return { generated, mix: mix.shares(), words };
}

describe(`the generated workload, seed ${seed}`, () => {
  const { generated, mix, words } = generate();
  const achieved = distributionOf(generated.population);

  it('has the events, processes, buffers and handles its shape asks for', () => {
    expect(generated.events).toBe(shape.events);
    expect(achieved.processes).toBeGreaterThan(shape.processes * 0.9);
    expect(Math.abs(achieved.buffers / shape.buffers - 1)).toBeLessThan(0.02);
    expect(Math.abs(achieved.handles / shape.buffers - 2)).toBeLessThan(0.15);
  });

  it('has the mix its shape asks for', () => {
    expect(Math.abs(mix['install']! - 0.475)).toBeLessThan(0.01);
    expect(Math.abs(mix['uninstall']! - 0.41)).toBeLessThan(0.01);
    expect(Math.abs(mix['init']! - 0.048)).toBeLessThan(0.006);
    expect(Math.abs(mix['remove']! - 0.046)).toBeLessThan(0.006);
    expect(Math.abs(mix['fork']! - 0.0093)).toBeLessThan(0.001);
    expect(Math.abs(mix['exit']! - 0.0093)).toBeLessThan(0.001);
    expect(generated.reads.length / 2).toBe(shape.events / shape.readEvery);
  });

  it('has the holders per buffer its shape asks for', () => {
    expect(Math.abs(achieved.holders[1]! - 0.47)).toBeLessThan(0.04);
    expect(Math.abs(achieved.holders[2]! - 0.3)).toBeLessThan(0.04);
    expect(Math.abs(achieved.holders[3]! - 0.13)).toBeLessThan(0.04);
    expect(achieved.holders.length - 1).toBeLessThanOrEqual(MAX_HOLDERS);
  });

  it('is legal throughout: nobody drops what he does not hold, nothing held is removed, no key is used twice', () => {
    const model = new NaiveHolders();
    const reads = generated.reads;
    let read = 0;
    for (let i = 0; i < generated.events; i++) {
      for (; reads[read] === i; read += 2) expect(model.isAlive(reads[read + 1]!)).toBe(true);
      model.execute(words.subarray(i * RECORD_WORDS, (i + 1) * RECORD_WORDS));
    }
    expect(model.refused).toEqual([]);
    expect(model.alive()).toEqual([...generated.alive]);
    expect(model.handles()).toBe(achieved.handles);
  });

  it('uses only the commands the rivals know', () => {
    const known = new Set<number>([OP.spawn, OP.fork, OP.exit, OP.init, OP.remove, OP.install, OP.uninstall]);
    const other = new Set<number>();
    for (let at = WORD.opFlags; at < words.length; at += RECORD_WORDS)
      if (!known.has(words[at]!)) other.add(words[at]!);
    expect([...other]).toEqual([]);
  });

  it('is the same for the same seed and another for another', () => {
    expect(Buffer.from(generate().words.buffer).equals(Buffer.from(words.buffer))).toBe(true);
    expect(Buffer.from(generate(seed + 1).words.buffer).equals(Buffer.from(words.buffer))).toBe(false);
  });
});
