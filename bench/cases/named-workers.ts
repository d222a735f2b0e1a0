import type { BenchCase, Figure } from '../case.ts';
import { nodeVariant } from '../variants.ts';

const FIGURES: readonly Figure[] = [
  { unit: 'M events/s by the clock', more: true, of: (m) => (m.units / m.wallNs) * 1000 },
  { unit: 'µs/batch, median', of: (m) => (m.stall?.p50 ?? Number.NaN) / 1000 },
  { unit: 'µs/batch, 99.9 %', of: (m) => (m.stall?.p999 ?? Number.NaN) / 1000 },
  { unit: 'µs, longest stall', of: (m) => (m.stall?.max ?? Number.NaN) / 1000 },
  { unit: 'MB/s read', more: true, of: (m) => ((m.textBytes ?? Number.NaN) / m.wallNs) * 1000 },
];

export const namedWorkers: BenchCase = {
  name: 'named-workers',
  title: 'worker threads on one named tracker, in batches of 64; a reader walks all memtrack files without pause',
  sections: (context) => {
    const events = String(context.smoke ? 64_000 : 3_200_000);
    const variant = (writers: number, readers: number) => {
      const name = `${writers} ${writers === 1 ? 'writer' : 'writers'}${readers === 0 ? '' : ', 1 reader'}`;
      const args = [String(writers), String(readers), events];
      return { ...nodeVariant(name, 'memtrack', 'named-workers', ...args), unchecked: true };
    };
    return [
      {
        title: `${events} events per writer, 20 processes of 100 handles each`,
        figures: FIGURES,
        variants: [variant(1, 0), variant(1, 1), variant(2, 0), variant(2, 1), variant(4, 0), variant(4, 1)],
      },
    ];
  },
};
