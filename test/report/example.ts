import type { Snapshot } from '../../lib/core/snapshot.ts';
import type { Loss } from '../../lib/report/index.ts';
import { buildSnapshot } from '../snapshot-builder.ts';

/** Two processes share a named buffer; another is in a message that nobody has received; one process has crashed. */
export const example: Snapshot = buildSnapshot({
  at: 12500000000n,
  buffers: [
    {
      key: 1,
      id: 0,
      size: 8192,
      name: 'cam',
      exporter: 'system',
      creator: 612,
      refs: 4,
      userspaceHandles: 2,
      files: [{ dev: '0:11', inode: 27 }],
    },
    { key: 2, id: 1, size: 4096, files: [{ dev: '0:11', inode: 28 }] },
  ],
  processes: [
    {
      pid: 612,
      comm: 'camera',
      fds: [
        [7, 0, 12000000000n],
        [5, 0, 12100000000n, true],
      ],
      maps: [[0x7f390b6f0000, 0, 8192, 12200000000n]],
    },
    { pid: 700, comm: 'viewer', fds: [[3, 0, 12400000000n]] },
    { pid: 800, comm: 'old', state: 'killed', status: 11 },
  ],
  inFlight: [[1, 612, 12450000000n]],
});

export const losses: readonly Loss[] = [
  { name: 'never_happened', severity: 'info', count: 0, meaning: 'Counters at 0 are no losses.' },
  {
    name: 'uninstall_without_handle',
    severity: 'error',
    count: 3,
    meaning: 'A buffer was released that was not held.',
  },
];
