/** What one fresh process measured and printed as one line of JSON. Native rivals print the same (bench/native/drive.h). */
export interface Measurement {
  /** Units of work done in the timed part: events, calls, lines, bytes … */
  readonly units: number;
  /** CPU time of the whole process in the timed part, user and system, nanoseconds. */
  readonly cpuNs: number;
  /** Time on the clock in the timed part, nanoseconds. */
  readonly wallNs: number;
  /** Growth of the resident set over the timed part, bytes. */
  readonly rssBytes?: number;
  /** Bytes of memtrack text rendered in the timed part. */
  readonly textBytes?: number;
  /** Checksum over the memtrack text of every task alive at the end; equal for all who did the same work. */
  readonly digest?: number;
  /** Longest time one call kept its caller, nanoseconds, and percentiles of the same. */
  readonly stall?: { readonly p50: number; readonly p999: number; readonly max: number };
}

/** Prints the one line that bench/run.ts reads. */
export function report(measurement: Measurement): void {
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}
