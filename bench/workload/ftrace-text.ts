import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from './random.ts';

const PAGE = 4096;
const PIECE = 8 << 20;
/** Buffers that live at a time: a busy phone has about as many. */
const LIVE = 2000;
const LARGEST_PAGES = 3000;
const CPUS = 8;
const MOST_STEP_US = 60;
const VERSION = 1;

const HEADER = `# tracer: nop
#
#           TASK-PID       TGID    CPU#  |||||  TIMESTAMP  FUNCTION
#              | |           |       |   |||||     |         |
`;

const TASKS = [
  ['cam_alloc', 4211, 4210],
  ['RenderThread', 7244, 7210],
  ['binder:612_3', 640, 612],
  ['allocator@4.0-s', 701, 700],
  ['surfaceflinger', 812, 812],
] as const;

/** Events of a phone's trace that say nothing about buffers, in about the lengths they have. */
const OTHERS = [
  'sched_switch: prev_comm=swapper/3 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=RenderThread next_pid=7244 next_prio=110',
  'sched_waking: comm=RenderThread pid=7244 prio=110 target_cpu=003',
  'irq_handler_entry: irq=12 name=arch_timer',
  'cpu_frequency: state=1401600 cpu_id=4',
  'workqueue_execute_start: work struct 00000000451d7c0a: function vmstat_update',
] as const;

/**
 * Text as tracefs prints it: allocations and frees of dma-buf heaps, with `others` lines of other events after each. Made
 * piece by piece from a seed.
 *
 * @example
 * ftraceText({ events: 1000, others: 99, seed: 1 }, (text) => out.push(text));
 */
export function ftraceText(
  { events, others, seed }: { readonly events: number; readonly others: number; readonly seed: number },
  sink: (text: string) => void,
): void {
  const random = new Random(seed);
  const live: { readonly inode: number; readonly bytes: number }[] = [];
  let total = 80 << 20;
  let inode = 100;
  let now = 812_400_117;
  const line = (event: string): string => {
    now += 1 + random.below(MOST_STEP_US);
    const [comm, tid, tgid] = TASKS[random.below(TASKS.length)]!;
    const seconds = Math.floor(now / 1e6);
    const micros = String(now - seconds * 1e6).padStart(6, '0');
    const cpu = String(random.below(CPUS)).padStart(3, '0');
    return `${comm.padStart(16)}-${String(tid).padEnd(7)} (${String(tgid).padStart(7)}) [${cpu}] ..... ${String(seconds).padStart(5)}.${micros}: ${event}\n`;
  };
  let text = HEADER;
  for (let i = 0; i < events; i++) {
    if (live.length > LIVE || (live.length > 0 && random.below(100) < 48)) {
      const at = random.below(live.length);
      const { inode: gone, bytes } = live[at]!;
      live[at] = live[live.length - 1]!;
      live.pop();
      total -= bytes;
      text += line(`dma_heap_stat: inode=${gone} len=-${bytes}B total_allocated=${total}B`);
    } else {
      const bytes = PAGE * (1 + random.below(LARGEST_PAGES));
      live.push({ inode: ++inode, bytes });
      total += bytes;
      text += line(`dma_heap_stat: inode=${inode} len=${bytes}B total_allocated=${total}B`);
    }
    for (let other = 0; other < others; other++) text += line(OTHERS[random.below(OTHERS.length)]!);
    if (text.length > PIECE) {
      sink(text);
      text = '';
    }
  }
  sink(text);
}

/** The text as a file under `directory`, made if it is not there yet. */
export function ensureFtraceText(directory: string, events: number, others: number, seed: number): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `ftrace-${events}-${others}-${seed}-v${VERSION}.txt`);
  if (existsSync(path)) return path;
  const fd = openSync(`${path}.part`, 'w');
  ftraceText({ events, others, seed }, (text) => {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  });
  closeSync(fd);
  renameSync(`${path}.part`, path);
  return path;
}
