import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDrmFdinfo } from '../../lib/procfs/drm-fdinfo-parse.ts';
import { type DrmFdinfo, formatDrmFdinfo } from '../../lib/procfs/drm-fdinfo.ts';
import { formatDrmSize, parseDrmSize } from '../../lib/procfs/drm-size.ts';
import { property } from '../property.ts';

const NONE = { total: null, shared: null, active: null, resident: null, purgeable: null, memory: null };
const NO_ENGINE = { busy: null, capacity: null, cycles: null, totalCycles: null, maxFrequency: null };

describe('sizes', () => {
  test.each([
    [8 << 20, '8 MiB', '8 MiB', '8 MiB', '8192 KiB'],
    [(4 << 20) + 4096, '4100 KiB', '4100 KiB', '4 MiB', '4100 KiB'],
    [1000, '1000', '1000', '1000', '0 KiB'],
    [0, '0', '0', '0', '0 KiB'],
    [1024, '1 KiB', '1 KiB', '1 KiB', '1 KiB'],
    [1025, '1025', '1025', '1 KiB', '1 KiB'],
    [200 * 1024 + 1, '204801', '200 KiB', '200 KiB', '200 KiB'],
    [2 ** 40, '1048576 MiB', '1048576 MiB', '1048576 MiB', '1073741824 KiB'],
    [(300 << 20) + 1024, '307201 KiB', '300 MiB', '300 MiB', '307201 KiB'],
  ])('%d', (bytes, aligned, below100, truncating, kib) => {
    expect(formatDrmSize(bytes)).toBe(aligned);
    expect(formatDrmSize(bytes, 'below-100')).toBe(below100);
    expect(formatDrmSize(bytes, 'truncating')).toBe(truncating);
    expect(formatDrmSize(bytes, 'KiB')).toBe(kib);
  });

  test('aligned loses nothing', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 1024, 1 << 20), (value, unit) => {
        expect(parseDrmSize(formatDrmSize(value * unit))).toBe(value * unit);
      }),
      property(),
    );
  });

  test('are read with blanks, units and nothing else', () => {
    expect(['5', '5 KiB', '5\tMiB', '5 kB', 'x', '', '-1', '99999999999999999999'].map(parseDrmSize)).toEqual([
      5,
      5120,
      5 << 20,
      null,
      null,
      null,
      null,
      NaN,
    ]);
  });
});

describe('DRM lines of fdinfo', () => {
  const panfrost: DrmFdinfo = {
    driver: 'panfrost',
    pdev: null,
    clientId: 7,
    clientName: null,
    engines: [{ ...NO_ENGINE, name: 'fragment', busy: 1846584880, cycles: 1424359409, maxFrequency: 799999987 }],
    regions: [{ ...NONE, name: 'memory', total: 290 << 20, shared: 0, active: 0, resident: 13 << 20, purgeable: 4096 }],
  };
  const TEXT =
    'drm-driver:\tpanfrost\ndrm-client-id:\t7\n' +
    'drm-engine-fragment:\t1846584880 ns\ndrm-cycles-fragment:\t1424359409\ndrm-maxfreq-fragment:\t799999987 Hz\n' +
    'drm-total-memory:\t290 MiB\ndrm-shared-memory:\t0\ndrm-active-memory:\t0\n' +
    'drm-resident-memory:\t13 MiB\ndrm-purgeable-memory:\t4 KiB\n';

  test('are printed in the order of the kernel, and read back', () => {
    expect(formatDrmFdinfo(panfrost)).toBe(TEXT);
    expect(parseDrmFdinfo(TEXT)).toEqual({ ...panfrost, ignored: [] });
  });

  test('name the PCI device and the client where there are any', () => {
    const info = { ...panfrost, pdev: '0000:00:02.0', clientName: 'gnome-shell', engines: [], regions: [] };
    const text = 'drm-driver:\tpanfrost\ndrm-client-id:\t7\ndrm-pdev:\t0000:00:02.0\ndrm-client-name:\tgnome-shell\n';
    expect(formatDrmFdinfo(info)).toBe(text);
    expect(parseDrmFdinfo(text)).toEqual({ ...info, ignored: [] });
  });

  test('are found among others; keys that are not known are skipped and listed', () => {
    const parsed = parseDrmFdinfo(
      'pos:\t0\nflags:\t02\ndrm-driver: amdgpu\ndrm-client-id:\t12\ndrm-memory-vram:\t5 KiB\n' +
        'drm-total-cycles-gfx:\t9\ndrm-engine-capacity-dec:\t2\ndrm-maxfreq-gfx:\t2 MHz\ndrm-shared-vram0:\t3 kB\n' +
        'amd-evicted-vram:\t0 KiB\ndrm-engine-gfx:\t5\ndrm-banana:\t1\ndrm-client-id:\tx',
    );
    expect(parsed).toMatchObject({
      driver: 'amdgpu',
      clientId: 12,
      engines: [
        { name: 'gfx', totalCycles: 9, maxFrequency: 2e6, busy: null },
        { name: 'dec', capacity: 2 },
      ],
      regions: [{ ...NONE, name: 'vram', memory: 5120 }],
      ignored: ['drm-shared-vram0:\t3 kB', 'drm-engine-gfx:\t5', 'drm-banana:\t1', 'drm-client-id:\tx'],
    });
  });

  test('of a key that comes twice, the first counts', () => {
    const parsed = parseDrmFdinfo('drm-driver:\ta\ndrm-driver:\tb\ndrm-total-memory:\t1\ndrm-total-memory:\t2\n');
    expect([parsed?.driver, parsed?.regions[0]?.total]).toEqual(['a', 1]);
  });

  test('without a driver there are none', () => {
    expect(parseDrmFdinfo('pos:\t0\ndrm-client-id:\t3\n')).toBeNull();
    expect(parseDrmFdinfo('')).toBeNull();
  });

  test('whatever the figures: what is printed is read back', () => {
    const figure = fc.option(fc.nat());
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/).filter((text) => text !== 'cycles');
    const engine = fc.record({
      name,
      busy: fc.nat(),
      capacity: figure,
      cycles: figure,
      totalCycles: figure,
      maxFrequency: figure,
    });
    const region = fc.record({
      name,
      total: fc.nat(),
      shared: figure,
      active: figure,
      resident: figure,
      purgeable: figure,
      memory: figure,
    });
    const unique = { selector: (row: { readonly name: string }) => row.name, maxLength: 4 };
    fc.assert(
      fc.property(fc.uniqueArray(engine, unique), fc.uniqueArray(region, unique), (engines, regions) => {
        const info = { driver: 'x', pdev: null, clientId: 1, clientName: null, engines, regions };
        expect(parseDrmFdinfo(formatDrmFdinfo(info))).toEqual({ ...info, ignored: [] });
      }),
      property(),
    );
  });
});
