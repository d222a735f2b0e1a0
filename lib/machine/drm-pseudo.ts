import type { DrmDevice } from '../drivers/drm-device.ts';
import type { DrmFile } from '../drivers/drm-file.ts';
import type { Drm } from '../drivers/drm.ts';
import type { UserNamespace } from '../model/user-namespace.ts';
import type { Framebuffer } from '../drivers/framebuffer.ts';
import {
  type DrmClient,
  formatDrmClients,
  formatDrmName,
  formatGemNames,
  type GemName,
} from '../procfs/drm-debugfs.ts';
import { type FramebufferInfo, formatFramebuffers } from '../procfs/drm-framebuffer.ts';
import { fixedDirectory, textFile, textLink } from './plain-nodes.ts';
import type { PseudoDirectory, PseudoFileNode, PseudoNode, Reader } from './pseudo-node.ts';

/** fs.overflowuid. */
const OVERFLOW_UID = 65534;

/** /sys/kernel/debug/dri: a directory per device, and links to it by the minors of its nodes. */
export function drmDebugfs(drm: Drm): PseudoDirectory {
  const nodes = (): ReadonlyMap<string, PseudoNode> => {
    const entries = new Map<string, PseudoNode>();
    // The newest first (dcache_readdir): a device's directory is made before the links to it.
    for (const device of drm.devices.toReversed()) {
      for (const node of [device.card, device.renderNode])
        if (node !== null)
          entries.set(
            String(node.minor),
            textLink(() => device.name),
          );
      entries.set(device.name, deviceDirectory(device));
    }
    return entries;
  };
  return {
    type: 'directory',
    names: () => [...nodes().keys()],
    entry: (name) => nodes().get(name) ?? null,
  };
}

function deviceDirectory(device: DrmDevice): PseudoDirectory {
  const modeset = (file: () => PseudoFileNode): PseudoNode | null => (device.driver.modeset === true ? file() : null);
  return fixedDirectory({
    name: () => textFile(() => formatDrmName(device.driver.name, device.name)),
    clients: () => textFile((reader) => formatDrmClients([...device.files].map((file) => clientOf(file, reader)))),
    gem_names: () => textFile(() => formatGemNames(namesOf(device))),
    framebuffer: () => modeset(() => framebufferFile(device)),
    internal_clients: () => modeset(() => textFile(() => device.internalClients.map((name) => `${name}\n`).join(''))),
  });
}

/** In the namespaces of who reads. */
function clientOf(file: DrmFile, reader: Reader): DrmClient {
  const { leader, reaped, pid } = file.owner;
  const uid = reaped ? 0 : leader.credentials.uid.effective;
  return {
    command: reaped ? null : (leader.comm ?? ''),
    tgid: reader === null ? pid : leader.pidIn(reader.pidNamespace),
    minor: file.node.minor,
    master: file.master,
    authenticated: file.authenticated,
    uid: reader === null ? uid : munged(reader.credentials.userNamespace, uid),
    magic: 0,
  };
}

/** from_kuid_munged. */
function munged(space: UserNamespace, uid: number): number {
  if (!space.mapsId('uid', uid)) return OVERFLOW_UID;
  return space.parent === null ? uid : 0;
}

function namesOf(device: DrmDevice): readonly GemName[] {
  return device.names.entries().map(([name, { size, handles, refs }]) => ({ name, size, handles, refs }));
}

function framebufferFile(device: DrmDevice): PseudoFileNode {
  return {
    type: 'file',
    read: () => ({
      text: formatFramebuffers(device.framebuffers.map(framebufferInfo)),
      standIns: device.framebuffers.some(({ object }) => object.vmaps > 0) ? ['vaddr is not a hash of an address'] : [],
    }),
  };
}

function framebufferInfo(framebuffer: Framebuffer): FramebufferInfo {
  const { object, width, height, pitch } = framebuffer;
  return {
    id: framebuffer.id,
    allocator: framebuffer.allocator,
    refs: framebuffer.refs,
    format: framebuffer.format,
    modifier: 0n,
    width,
    height,
    layers: [
      {
        width,
        height,
        pitch,
        offset: 0,
        object: {
          name: object.name,
          refs: object.refs,
          start: object.offset,
          size: object.size,
          imported: object.importOf !== null,
          more: object.device.driver.printInfo?.(object) ?? [],
        },
      },
    ],
  };
}
