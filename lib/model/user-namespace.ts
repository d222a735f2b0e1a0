/**
 * A user namespace. Ids are those of the first one everywhere in the model; what a namespace calls 0 is its `root`.
 */
export class UserNamespace {
  /** Unique in its kernel; 0 is the first. */
  readonly id: number;
  /** null: the first. */
  readonly parent: UserNamespace | null;
  readonly level: number;
  /** Effective uid of who made it, and that user's gid. */
  readonly owner: number;
  readonly group: number;
  /** Which id is its uid 0 and gid 0 (one line of uid_map); null: nothing is mapped yet. */
  root: { readonly uid: number; readonly gid: number } | null;

  constructor(id: number, parent: UserNamespace | null, owner = 0, group = 0) {
    this.id = id;
    this.parent = parent;
    this.level = parent === null ? 0 : parent.level + 1;
    this.owner = owner;
    this.group = group;
    this.root = parent === null ? { uid: 0, gid: 0 } : null;
  }

  /** Whether it has a number for these ids (kuid_has_mapping, kgid_has_mapping). The first has one for all. */
  maps(uid: number, gid: number): boolean {
    return this.mapsId('uid', uid) && this.mapsId('gid', gid);
  }

  mapsId(which: 'uid' | 'gid', id: number): boolean {
    return this.parent === null || this.root?.[which] === id;
  }
}
