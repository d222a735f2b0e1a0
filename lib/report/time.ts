/**
 * Nanoseconds as seconds, six digits or as many as are not zero: no digit is lost.
 *
 * @example
 * formatTime(812400117000n) === '812.400117'
 */
export function formatTime(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const digits = (nanoseconds < 0n ? -nanoseconds : nanoseconds).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0{1,3}$/, '');
  return `${sign}${digits.slice(0, -9)}.${fraction}`;
}
