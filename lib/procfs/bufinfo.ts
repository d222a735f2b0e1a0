/** /sys/kernel/debug/dma_buf/bufinfo. Linux: dma_buf_debug_show() in drivers/dma-buf/dma-buf.c. */

export interface BufinfoObject {
  /** Bytes. */
  readonly size: number;
  /** f_flags: access mode and O_NONBLOCK; never O_CLOEXEC, which belongs to descriptors. */
  readonly flags: number;
  /** f_mode: the kernel's internal bits, different between versions. */
  readonly mode: number;
  /** The file's reference count as it is: fdinfo prints one less. */
  readonly count: number;
  readonly exporter: string;
  /** null: kernels before 5.3 do not print it. */
  readonly inode: number | null;
  /** null is printed `<none>`. */
  readonly name: string | null;
  /** Lines of the reservation object's fences, without tab and newline: `write fence:drv ctx seq 4 signalled`. */
  readonly fences: readonly string[];
  /** Names of attached devices. */
  readonly attachments: readonly string[];
}

const PREAMBLE = '\nDma-buf Objects:\nsize    \tflags   \tmode    \tcount   \texp_name\tino     \tname\n';

const BARE_PREAMBLE = '\nDma-buf Objects:\nsize    \tflags   \tmode    \tcount   \texp_name\n';

/** `bare`: before Linux 5.3, without inodes and names. */
export type BufinfoForm = 'named' | 'bare';

/** The whole file for these objects, in the order of the kernel's list. */
export function formatBufinfo(objects: Iterable<BufinfoObject>, form: BufinfoForm = 'named'): string {
  let text = form === 'named' ? PREAMBLE : BARE_PREAMBLE;
  let count = 0;
  let bytes = 0;
  for (const object of objects) {
    text += formatObject(object, form);
    count++;
    bytes += object.size;
  }
  return `${text}\nTotal ${count} objects, ${bytes} bytes\n`;
}

function formatObject(object: BufinfoObject, form: BufinfoForm): string {
  const columns = [
    zeros(object.size, 10),
    zeros(object.flags, 16),
    zeros(object.mode, 16),
    zeros(object.count, 10),
    object.exporter,
    ...(form === 'named' ? [zeros(object.inode ?? 0, 10), object.name ?? '<none>'] : []),
  ];
  let text = `${columns.join('\t')}\n`;
  for (const fence of object.fences) text += `\t${fence}\n`;
  text += '\tAttached Devices:\n';
  for (const device of object.attachments) text += `\t${device}\n`;
  return `${text}Total ${object.attachments.length} devices attached\n\n`;
}

/** printf's `%08`: a sign counts towards the width and stands before the zeros. */
function zeros(value: number, radix: number): string {
  const digits = Math.abs(value).toString(radix);
  return value < 0 ? `-${digits.padStart(7, '0')}` : digits.padStart(8, '0');
}
