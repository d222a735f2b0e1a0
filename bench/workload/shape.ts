/** What a generated workload looks like. Shares are of all events; they need not sum to exactly 1. */
export interface Shape {
  readonly name: string;
  readonly events: number;
  readonly processes: number;
  /** Live buffers once the build-up at the start is over. */
  readonly buffers: number;
  /** Share of buffers aimed at 1, 2, 3 … holders; the rest falls off by `holderTail` per further holder, with a few that nearly everybody holds. */
  readonly holders: readonly number[];
  readonly holderTail: number;
  /** Handles per process follow a log-normal law with this median and this sigma, cut at `maxHandles`. */
  readonly medianHandles: number;
  readonly sigmaHandles: number;
  readonly maxHandles: number;
  readonly mix: Mix;
  /** One read of a /proc/[pid]/memtrack after so many events. */
  readonly readEvery: number;
}

export interface Mix {
  readonly install: number;
  readonly uninstall: number;
  readonly init: number;
  readonly remove: number;
  readonly fork: number;
  readonly exit: number;
}

const MIX: Mix = { install: 0.4727, uninstall: 0.4127, init: 0.048, remove: 0.046, fork: 0.0093, exit: 0.0093 };

/** No buffer has more holders; perf and memory of holder lists depend on it. */
export const MAX_HOLDERS = 31;

const ANDROID: Shape = {
  name: 'android',
  events: 10_000_000,
  processes: 400,
  buffers: 20_000,
  holders: [0.47, 0.3, 0.13],
  holderTail: 0.62,
  medianHandles: 41,
  sigmaHandles: 1.33,
  maxHandles: 1200,
  mix: MIX,
  readEvery: 1000,
};

const BIG: Shape = {
  ...ANDROID,
  name: 'big',
  events: 20_000_000,
  processes: 4000,
  buffers: 400_000,
  holders: [0.58, 0.28, 0.09],
  medianHandles: 68,
  maxHandles: 4000,
};

/** For CI and tests: the same laws on a fiftieth. */
const SMOKE: Shape = {
  ...ANDROID,
  name: 'smoke',
  events: 200_000,
  processes: 100,
  buffers: 1000,
  medianHandles: 9,
  maxHandles: 280,
};

export const SHAPES: Readonly<Record<string, Shape>> = {
  android: ANDROID,
  big: BIG,
  '50m': { ...ANDROID, name: '50m', events: 50_000_000 },
  smoke: SMOKE,
  'smoke-big': { ...SMOKE, name: 'smoke-big', events: 400_000, processes: 400, buffers: 10_000 },
};
