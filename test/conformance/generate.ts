import { MemtrackError } from '../../lib/core/errors.ts';
import { guestKernel } from '../../lib/scenario/index.ts';
import { perform } from '../../lib/scenario/perform.ts';
import { Refusal } from '../../lib/scenario/scenario-error.ts';
import { Stage } from '../../lib/scenario/stage.ts';
import type { PropKind } from '../../lib/scenario/prop.ts';
import { splitWords } from '../../lib/scenario/words.ts';
import type { Random } from '../random.ts';

const SIZES = ['4K', '8K', '20K', '64K'];
const PAGES = ['0', '4K', '8K', '16K', '60K'];
const SHMEM: readonly PropKind[] = ['memfd', 'posix-shm'];
const MAPPABLE: readonly PropKind[] = ['memfd', 'posix-shm', 'dma-buf'];
const MOST_ACTORS = 12;
const MOST_PROPS = 60;

/**
 * A random scenario, whose every line the model can play: what the kernel refuses there must be refused with the same errno on
 * a real one (`fails=`). A snap every few lines.
 */
export function generateScenario(random: Random, lines: number): string {
  return new Generator(random).scenario(lines);
}

class Generator {
  readonly #random: Random;
  readonly #stage = new Stage(guestKernel());
  readonly #text: string[] = ['need /dev/udmabuf /dev/dma_heap/system /dev/dri/card0'];
  /**
   * Actors whose table others use or have used: copies of it keep their sockets open, which the recorder's truth does not know.
   * Nobody sends to them.
   */
  readonly #shared = new Set<string>();
  /** Somebody sent his mailbox, whose address may stay in use as long as it is in flight: exec could not bind it anew. */
  #mailed = false;
  #made = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  scenario(lines: number): string {
    for (let snaps = 0; this.#text.length < lines;) {
      const line = this.#stage.actors.some(({ alive }) => alive) ? this.#candidate() : `actor ${this.#name('a')}`;
      if (line !== null) this.#try(line);
      if (this.#text.length > (snaps + 1) * 8) this.#text.push(`snap s${snaps++}`);
    }
    this.#stage.kernel.close();
    return [...this.#text, 'snap end', ''].join('\n');
  }

  #try(line: string): void {
    const words = splitWords(line) ?? [];
    try {
      perform(this.#stage, words);
      this.#text.push(line);
      const [actor = '', operation = '', label = ''] = words;
      if (operation === 'send' && words.includes('mailbox')) this.#mailed = true;
      if (operation === 'thread' || (operation === 'fork' && words.includes('files'))) {
        this.#shared.add(actor);
        this.#shared.add(label);
      }
    } catch (error) {
      if (error instanceof MemtrackError) this.#text.push(`${line} fails=${error.code}`);
      else if (!(error instanceof Refusal)) throw error;
    }
  }

  #candidate(): string | null {
    const random = this.#random;
    const living = this.#stage.actors.filter((actor) => actor.alive && actor.listens);
    if (living.length === 0) return `actor ${this.#name('a')}`;
    const who = random.pick(living);
    const actor = who.label;
    const flags = random.chance(0.3) ? ' cloexec' : '';
    const [size, page] = [random.pick(SIZES), random.pick(PAGES)];
    switch (random.below(40)) {
      case 0:
        return this.#room() ? `actor ${this.#name('a')}` : null;
      case 1:
        return this.#room() ? `${actor} fork ${this.#name('a')}${random.chance(0.3) ? ' files' : ''}` : null;
      case 2:
        return this.#room() ? `${actor} thread ${this.#name('t')}${random.chance(0.5) ? ' unshare' : ''}` : null;
      case 3:
        return random.chance(0.4) && !this.#mailed ? `${actor} exec` : null;
      case 4:
        return random.chance(0.2)
          ? `${actor} ${random.pick(['exit', 'leave'])}`
          : `kill ${random.chance(0.1) ? actor : 'x'}`;
      case 5:
        return `reap ${random.pick(this.#stage.actors).label}`;
      case 6:
        return `${actor} wait ${random.pick(this.#stage.actors).label}`;
      case 7:
      case 8:
        return this.#make((label) => `${actor} memfd ${label} ${size}${random.chance(0.6) ? ' sealable' : ''}${flags}`);
      case 9:
      case 10:
        return this.#make((label) => `${actor} heap ${label} ${size} name="${label} of ${actor}"${flags}`);
      case 11:
        return this.#make((label) => {
          const from = this.#label(['memfd'], actor);
          return `${actor} udmabuf ${label} ${size}${from === null || random.chance(0.3) ? '' : ` from=${from}`}${flags}`;
        });
      case 12:
        return this.#make((label) => `${actor} shm ${label} n${random.below(4)} ${size}${flags}`);
      case 13:
        return this.#make((label) => `${actor} sysv ${label} 0x${random.below(4) + 1} ${size}`);
      case 14:
        return this.#make((label) => `${actor} ring ${label}`);
      case 15:
        return this.#on(['io_uring'], actor, (ring) =>
          this.#on(MAPPABLE, actor, (label) => `${actor} ringreg ${ring} ${label}`),
        );
      case 16:
        return this.#on(null, actor, (label) => `${actor} dup ${label} min=${random.below(60)}${flags}`);
      case 17:
        return this.#on(null, actor, (label) => `${actor} dup2 ${label} ${20 + random.below(20)}`);
      case 18:
        return this.#on(null, actor, (label) => `${actor} cloexec ${label} ${random.pick(['on', 'off'])}`);
      case 19:
      case 20:
        return this.#on(null, actor, (label) => `${actor} ${random.pick(['close', 'closeall'])} ${label}`);
      case 21:
        return `${actor} closerange ${20 + random.below(40)} ${20 + random.below(60)}${flags}`;
      case 22:
        return this.#on(SHMEM, actor, (label) => `${actor} truncate ${label} ${size}`);
      case 23:
        return this.#on(
          SHMEM,
          actor,
          (label) => `${actor} seal ${label} ${random.pick(['shrink', 'grow', 'write', 'future_write', 'seal'])}`,
        );
      case 24:
        return this.#on(null, actor, (label) => `${actor} reopen ${label}${random.chance(0.5) ? ' ro' : ''}${flags}`);
      case 25: {
        const from = random.pick(living).label;
        return this.#on(null, from, (label) => `${actor} pidfdget ${label} ${from}`);
      }
      case 26:
      case 27:
      case 28:
        return this.#on(MAPPABLE, actor, (label) => {
          const prot = random.pick(['rw', 'r', 'rw', 'w']);
          return `${actor} mmap ${label} len=${size} off=${page} prot=${prot}${random.chance(0.2) ? ' private' : ''}`;
        });
      case 29:
        return this.#mapped(actor, (label, part) => `${actor} munmap ${label} ${part}`);
      case 30:
        return this.#mapped(actor, (label) => `${actor} munmap ${label}${random.chance(0.3) ? ' n=1' : ''}`);
      case 31:
        return this.#mapped(
          actor,
          (label, part) => `${actor} mprotect ${label} ${part} prot=${random.pick(['r', 'rw'])}`,
        );
      case 32:
        return this.#mapped(actor, (label) =>
          random.pick([`${actor} mremap ${label} len=${size}`, `${actor} dontfork ${label}`]),
        );
      case 33:
      case 34: {
        const to = random.pick(living).label;
        if (this.#shared.has(to)) return null;
        const extra = random.chance(0.1) && !this.#shared.has(actor) ? ' mailbox' : '';
        return this.#on(null, actor, (label) => `${actor} send ${to} ${label}${extra}`);
      }
      case 35:
        return `${actor} recv${flags}`;
      case 36: {
        const label = this.#label(['posix-shm'], null);
        return label === null ? null : random.pick([`${actor} shmopen ${label}${flags}`, `${actor} unlink ${label}`]);
      }
      case 37: {
        const label = this.#label(['sysv-shm'], null);
        return label === null
          ? null
          : random.pick([`${actor} shmat ${label}`, `${actor} shmdt ${label}`, `${actor} shmrm ${label}`]);
      }
      case 38:
        return this.#make((label) => `${actor} drmopen ${label} /dev/dri/card0`);
      default:
        return this.#on(['drm-file'], actor, (card) => this.#gem(actor, card, flags));
    }
  }

  #gem(actor: string, card: string, flags: string): string | null {
    const random = this.#random;
    const gem = this.#label(['gem'], null);
    if (gem === null || random.chance(0.3))
      return this.#make((label) => `${actor} dumb ${label} ${card} 64 ${16 + random.below(32)} 32`);
    switch (random.below(6)) {
      case 0:
        return `${actor} gemclose ${gem} ${card}`;
      case 1:
        return `${actor} gemmmap ${gem} ${card}`;
      case 2:
        return `${actor} flink ${gem} ${card}`;
      case 3:
        return `${actor} gemopen ${gem} ${card}`;
      case 4:
        return this.#make((label) => `${actor} prime_out ${label} ${gem} ${card}${flags}`);
      default:
        return this.#on(['dma-buf'], actor, (dmaBuf) =>
          this.#make((label) => `${actor} prime_in ${label} ${dmaBuf} ${card}`),
        );
    }
  }

  #room(): boolean {
    return this.#stage.actors.filter(({ alive }) => alive).length < MOST_ACTORS && this.#stage.actors.length < 80;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#made++}`;
  }

  #make(line: (label: string) => string | null): string | null {
    return this.#stage.props.size < MOST_PROPS * 3 ? line(this.#name('p')) : null;
  }

  /** The label of something of these kinds; with an actor, of which that has a descriptor. */
  #label(kinds: readonly PropKind[] | null, actor: string | null): string | null {
    const holder = actor === null ? null : this.#stage.actor(actor);
    const found = [...this.#stage.props.values()].filter(
      (prop) =>
        (kinds === null || kinds.includes(prop.kind)) &&
        (holder === null || (holder.alive && this.#stage.fdsOf(holder, prop).length > 0)),
    );
    return found.length === 0 ? null : this.#random.pick(found).label;
  }

  #on(kinds: readonly PropKind[] | null, actor: string, line: (label: string) => string | null): string | null {
    const label = this.#label(kinds, actor);
    return label === null ? null : line(label);
  }

  /** A mapping, and a part of it: around it lies what the model does not have, the program's own memory. */
  #mapped(actor: string, line: (label: string, part: string) => string): string | null {
    const who = this.#stage.actor(actor);
    const placements = this.#stage.placements.of(who.task.mm);
    if (placements.length === 0) return null;
    const { prop } = this.#random.pick(placements);
    const pages = Math.ceil(this.#stage.placementOf(who, prop).length / 4096);
    const at = this.#random.below(pages);
    const length = 1 + this.#random.below(pages - at);
    return line(prop.label, `at=${4 * at}K len=${4 * length}K`);
  }
}
