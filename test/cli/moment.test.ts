import { describe, expect, test } from 'vitest';
import { parseMoment } from '../../lib/cli/moment.ts';

describe('TIME', () => {
  test.each([
    ['812.400117', 'clock', 812400117000n],
    ['812', 'clock', 812000000000n],
    ['1795262328.275277710', 'clock', 1795262328275277710n],
    ['812400117000ns', 'clock', 812400117000n],
    ['5ms', 'clock', 5000000n],
    ['5us', 'clock', 5000n],
    ['5µs', 'clock', 5000n],
    ['1.5us', 'clock', 1500n],
    ['+1.5s', 'start', 1500000000n],
    ['-2s', 'end', 2000000000n],
    ['-0.000000001', 'end', 1n],
    ['1.0000000000', 'clock', 1000000000n],
    ['18446744073.709551615', 'clock', 18446744073709551615n],
  ] as const)('%s', (text, from, nanoseconds) => {
    expect(parseMoment(text)).toEqual({ from, nanoseconds });
  });

  test.each(['', 's', '1h', '1.', '.5', '1e9', '--2', '1 s', '0x10', '1.0000000001', '0.5ns', 'NaN', '٣'])(
    '%s is none',
    (text) => {
      expect(parseMoment(text)).toBeNull();
    },
  );
});
