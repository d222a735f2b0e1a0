/**
 * How DRM fdinfo prints sizes, by the age of the kernel: `aligned` (now) divides by 1024 while nothing is lost, at most twice;
 * `below-100` (2023) kept the smaller unit only if something were lost and it is below 100 of the larger; `truncating` (first)
 * divided what is 1024 or more and dropped the rest; `KiB` is what some drivers print.
 */
export type DrmSizeRule = 'aligned' | 'below-100' | 'truncating' | 'KiB';

const UNITS = ['', ' KiB', ' MiB'] as const;

/**
 * A size as drm_print_memory_stats prints it.
 *
 * @example
 * formatDrmSize(8 << 20) === '8 MiB'
 * formatDrmSize((4 << 20) + 4096) === '4100 KiB'
 */
export function formatDrmSize(bytes: number, rule: DrmSizeRule = 'aligned'): string {
  if (rule === 'KiB') return `${Math.floor(bytes / 1024)} KiB`;
  let value = bytes;
  let unit = 0;
  while (unit < UNITS.length - 1 && divides(value, rule)) {
    value = Math.floor(value / 1024);
    unit++;
  }
  return `${value}${UNITS[unit]!}`;
}

function divides(value: number, rule: Exclude<DrmSizeRule, 'KiB'>): boolean {
  if (rule === 'truncating') return value >= 1024;
  const aligned = value % 1024 === 0;
  if (rule === 'below-100') return value >= 1024 && (aligned || value >= 100 * 1024);
  return value !== 0 && aligned;
}

/** Reads a size; null: not one. NaN: too large to be told exactly. */
export function parseDrmSize(text: string): number | null {
  const match = /^(\d+)(?:[\t ]+(KiB|MiB))?$/.exec(text);
  if (match === null) return null;
  const bytes = Number(match[1]) * (match[2] === undefined ? 1 : match[2] === 'KiB' ? 1024 : 1 << 20);
  return Number.isSafeInteger(bytes) ? bytes : NaN;
}
