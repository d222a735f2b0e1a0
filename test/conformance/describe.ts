import type { Truth, TruthBuffer } from '../../lib/scenario/index.ts';
import type { Capture } from './captures.ts';

/** Every step of the captures and who held what then, as Markdown. */
export function describeCaptures(captures: readonly Capture[]): string {
  return captures
    .map(({ kernel, scenario, steps }) => {
      const rows = steps.map(({ name, truth }) => row(name, truth));
      return `## ${scenario} on ${kernel}\n\n| step | what happened | live buffers: holders | freed |\n|---|---|---|---|\n${rows.join('')}`;
    })
    .join('\n');
}

function row(name: string, truth: Truth): string {
  const buffers = truth.buffers.filter(({ kind }) => kind !== 'drm-file' && kind !== 'io_uring');
  const live = buffers
    .filter(({ alive }) => alive)
    .map((buffer) => `**${buffer.label}** (${buffer.kind} ${sizeOf(buffer.size)}): ${holdersOf(buffer, truth)}`);
  const freed = buffers.filter(({ alive }) => !alive).map(({ label }) => label);
  const cells = [name, truth.note, live.join('<br>') || 'none', freed.join(', ')];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
}

/** What threads share with their leader is told once. */
function holdersOf(buffer: TruthBuffer, { actors }: Truth): string {
  const actor = new Map(actors.map((each) => [each.label, each]));
  const fds = onceBy(buffer.fds, ({ actor: label, fd }) => `${actor.get(label)?.file_table}:${fd}`);
  const maps = onceBy(buffer.maps, ({ actor: label, start }) => `${actor.get(label)?.address_space}:${start}`);
  const said = [
    ...[...new Set(fds.map((fd) => fd.actor))].map(
      (who) =>
        `${who} fd ${fds
          .filter((fd) => fd.actor === who)
          .map(({ fd }) => fd)
          .join(',')}`,
    ),
    ...[...new Set(maps.map((map) => map.actor))].map((who) => {
      const mine = maps.filter((map) => map.actor === who);
      return `${who} map ${sizeOf(mine.reduce((sum, { length }) => sum + length, 0))}${mine.length > 1 ? ` in ${mine.length}` : ''}`;
    }),
    ...(buffer.in_flight ?? []).map(({ to }) => `in flight to ${to}`),
    ...(buffer.registered_in ?? []).map(({ ring }) => `io_uring ${ring}`),
    ...(buffer.handles ?? []).map(({ handle, drm_file }) => `handle ${handle} of ${drm_file}`),
    ...(buffer.framebuffers ?? []).map(({ drm_file }) => `framebuffer of ${drm_file}`),
  ];
  return said.join('; ') || 'kept by another object';
}

function onceBy<Row>(rows: readonly Row[], key: (row: Row) => string): readonly Row[] {
  return [...new Map(rows.toReversed().map((each) => [key(each), each])).values()].toReversed();
}

function sizeOf(bytes: number): string {
  if (bytes > 0 && bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}M`;
  return bytes % 1024 === 0 ? `${bytes / 1024}K` : String(bytes);
}
