import { DRM_STATS, type DrmEngine, type DrmFdinfo, type DrmRegion } from './drm-fdinfo.ts';
import { parseDrmSize } from './drm-size.ts';
import { decimalFigure } from './figure.ts';

export interface ParsedDrmFdinfo extends DrmFdinfo {
  /** DRM's lines that were not understood, as they stand: keys of drivers, and values that are none. */
  readonly ignored: readonly string[];
}

type Changing<Row> = { -readonly [Key in keyof Row]: Row[Key] };

/**
 * Reads DRM's lines among those of a fdinfo file; others are skipped.
 *
 * @returns null if there is no `drm-driver` line: not a DRM file, or a driver without these lines.
 * @example
 * parseDrmFdinfo('pos:\t0\ndrm-driver:\ti915\ndrm-total-memory:\t4 MiB\n')?.regions[0]?.total === 4194304
 */
export function parseDrmFdinfo(text: string): ParsedDrmFdinfo | null {
  const reader = new Reader();
  for (const line of text.split('\n')) {
    const match = /^drm-([^:]+):[\t ]*(.*?)[\t ]*$/.exec(line);
    if (match !== null && !reader.read(match[1] ?? '', match[2] ?? '')) reader.ignored.push(line);
  }
  return reader.finish();
}

class Reader {
  readonly ignored: string[] = [];
  #driver: string | null = null;
  #pdev: string | null = null;
  #clientId: number | null = null;
  #clientName: string | null = null;
  readonly #engines = new Map<string, Changing<DrmEngine>>();
  readonly #regions = new Map<string, Changing<DrmRegion>>();

  /** False: not understood. */
  read(key: string, value: string): boolean {
    if (key === 'driver') this.#driver ??= value;
    else if (key === 'pdev') this.#pdev ??= value;
    else if (key === 'client-name') this.#clientName ??= value;
    else if (key === 'client-id') return this.#readClientId(value);
    else return this.#readSize(key, value) || this.#readEngine(key, value);
    return true;
  }

  finish(): ParsedDrmFdinfo | null {
    if (this.#driver === null) return null;
    return {
      driver: this.#driver,
      pdev: this.#pdev,
      clientId: this.#clientId,
      clientName: this.#clientName,
      engines: [...this.#engines.values()],
      regions: [...this.#regions.values()],
      ignored: this.ignored,
    };
  }

  #readClientId(value: string): boolean {
    if (!/^\d+$/.test(value)) return false;
    this.#clientId ??= decimalFigure(value);
    return true;
  }

  #readSize(key: string, value: string): boolean {
    const stat = ([...DRM_STATS, 'memory'] as const).find((name) => key.startsWith(`${name}-`));
    const bytes = parseDrmSize(value);
    // drm-total-cycles-NAME is an engine's, and no region begins so.
    if (stat === undefined || bytes === null || key.startsWith('total-cycles-')) return false;
    const name = key.slice(stat.length + 1);
    let region = this.#regions.get(name);
    if (region === undefined) {
      region = { name, total: null, shared: null, active: null, resident: null, purgeable: null, memory: null };
      this.#regions.set(name, region);
    }
    region[stat] ??= bytes;
    return true;
  }

  #readEngine(key: string, value: string): boolean {
    const match = /^(engine-capacity|engine|total-cycles|cycles|maxfreq)-(.+)$/.exec(key);
    if (match === null) return false;
    const [, what = '', name = ''] = match;
    const figure = /^(\d+)(?:[\t ]+(ns|Hz|KHz|MHz))?$/.exec(value);
    const unit = figure?.[2] ?? '';
    const expected = what === 'engine' ? ['ns'] : what === 'maxfreq' ? ['', 'Hz', 'KHz', 'MHz'] : [''];
    if (figure === null || !expected.includes(unit)) return false;
    let engine = this.#engines.get(name);
    if (engine === undefined) {
      engine = { name, busy: null, capacity: null, cycles: null, totalCycles: null, maxFrequency: null };
      this.#engines.set(name, engine);
    }
    const scale = unit === 'KHz' ? 1e3 : unit === 'MHz' ? 1e6 : 1;
    engine[ENGINE_FIELDS[what as keyof typeof ENGINE_FIELDS]] ??= decimalFigure(figure[1] ?? '') * scale;
    return true;
  }
}

const ENGINE_FIELDS = {
  engine: 'busy',
  'engine-capacity': 'capacity',
  cycles: 'cycles',
  'total-cycles': 'totalCycles',
  maxfreq: 'maxFrequency',
} as const;
