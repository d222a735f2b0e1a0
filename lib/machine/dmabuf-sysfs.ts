import type { DmaBufs } from '../drivers/dma-buf.ts';
import type { Attachment } from '../model/buffer.ts';
import type { File } from '../model/file.ts';
import { formatCount, formatExporterName } from '../procfs/dmabuf-sysfs.ts';
import { fixedDirectory, textFile, textLink } from './plain-nodes.ts';
import type { PseudoDirectory } from './pseudo-node.ts';

/** From an attachment's directory, sys/kernel/dmabuf/buffers/[inode]/attachments/[uid], up to sys/. */
const UP_TO_SYS = '../'.repeat(6);

/** /sys/kernel/dmabuf/buffers: a directory for each dma-buf, from its export to its release. */
export function buffersDirectory(dmaBufs: DmaBufs): PseudoDirectory {
  const nameOf = (file: File): string => String(file.identity?.inode ?? 0);
  return {
    type: 'directory',
    names: () => dmaBufs.files.map(nameOf).reverse(),
    entry: (name) => {
      const file = dmaBufs.files.find((live) => nameOf(live) === name);
      return file === undefined ? null : bufferDirectory(file, dmaBufs.sysfs === '2021-01');
    },
  };
}

function bufferDirectory(file: File, withAttachments: boolean): PseudoDirectory {
  return fixedDirectory({
    exporter_name: () => textFile(() => formatExporterName(file.buffer?.exporter.name ?? '')),
    size: () => textFile(() => formatCount(file.buffer?.size ?? 0)),
    attachments: () => (withAttachments ? attachmentsDirectory(file) : null),
  });
}

function attachmentsDirectory(file: File): PseudoDirectory {
  const attached = (): readonly Attachment[] =>
    (file.buffer?.attachments ?? []).filter((attachment) => attachment.file === file).reverse();
  return {
    type: 'directory',
    names: () => attached().map(({ uid }) => String(uid)),
    entry: (name) => {
      const attachment = attached().find(({ uid }) => String(uid) === name);
      if (attachment === undefined) return null;
      return fixedDirectory({
        map_counter: () => textFile(() => formatCount(attachment.mappings)),
        device: () => textLink(() => UP_TO_SYS + attachment.devicePath),
      });
    },
  };
}
