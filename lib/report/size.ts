const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/**
 * Bytes for people, at most one decimal. null is `?`; a lower bound is marked.
 *
 * @example
 * formatSize(8294400) === '7.9 MiB'
 * formatSize(8192, true) === '≥ 8 KiB'
 */
export function formatSize(bytes: number | null, lowerBound = false): string {
  if (bytes === null || Number.isNaN(bytes)) return '?';
  let figure = bytes;
  let unit = 0;
  // What would be printed as 1024 belongs to the next unit.
  while (Math.round(figure * 10) >= 10240 && unit < UNITS.length - 1) {
    figure /= 1024;
    unit++;
  }
  const digits = unit === 0 ? String(figure) : figure.toFixed(1).replace(/\.0$/, '');
  return `${lowerBound ? '≥ ' : ''}${digits} ${UNITS[unit] ?? 'B'}`;
}
