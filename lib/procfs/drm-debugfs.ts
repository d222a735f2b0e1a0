/**
 * debugfs of a DRM device, /sys/kernel/debug/dri/NAME, of Linux 6.12: drm_name_info(), drm_clients_info(), drm_gem_name_info()
 * and drm_framebuffer_info().
 */

/** A row of `clients`: an open file of the device. */
export interface DrmClient {
  /** comm of the process that opened it or used it last; null: it is gone. */
  readonly command: string | null;
  readonly tgid: number;
  /** Minor of the node. */
  readonly minor: number;
  readonly master: boolean;
  readonly authenticated: boolean;
  readonly uid: number;
  readonly magic: number;
}

/** A row of `gem_names`: an object with a flink name. */
export interface GemName {
  readonly name: number;
  /** Bytes. */
  readonly size: number;
  readonly handles: number;
  readonly refs: number;
}

/** `name`: the driver, its device and the device's unique name. */
export function formatDrmName(driver: string, device: string): string {
  return `${driver} dev=${device} unique=${device}\n`;
}

const CLIENTS = `${'command'.padStart(20)} ${'tgid'.padStart(5)} dev master a ${'uid'.padStart(5)} ${'magic'.padStart(10)}\n`;
const GEM_NAMES = '  name     size handles refcount\n';

/** `clients`, in the order they opened it. */
export function formatDrmClients(clients: Iterable<DrmClient>): string {
  let text = CLIENTS;
  for (const client of clients) {
    const command = (client.command ?? '<unknown>').padStart(20);
    const [master, authenticated] = [client.master, client.authenticated].map((flag) => (flag ? 'y' : 'n'));
    text += `${command} ${pad(client.tgid, 5)} ${pad(client.minor, 3)}   ${master}    ${authenticated} `;
    text += `${pad(client.uid, 5)} ${pad(client.magic, 10)}\n`;
  }
  return text;
}

/** `gem_names`, ascending. */
export function formatGemNames(names: Iterable<GemName>): string {
  let text = GEM_NAMES;
  for (const { name, size, handles, refs } of names)
    text += `${pad(name, 6)} ${pad(size, 8)} ${pad(handles, 7)} ${pad(refs, 8)}\n`;
  return text;
}

function pad(figure: number, width: number): string {
  return String(figure).padStart(width);
}
