/** A pool and what belongs to it. */
export interface Pool {
  readonly id: string;
  readonly comment?: string;
  readonly guests: ReadonlySet<number>;
  readonly storages: ReadonlySet<string>;
}

/** Resource pools. A guest is in one pool at most. */
export class Pools {
  readonly #pools = new Map<string, Pool>();

  add(id: string, options: { readonly comment?: string } = {}): void {
    this.#pools.set(id, { id, ...options, guests: new Set(), storages: new Set() });
  }

  get(id: string): Pool | undefined {
    return this.#pools.get(id);
  }

  all(): Pool[] {
    return [...this.#pools.values()];
  }

  addGuest(id: string, vmid: number): void {
    this.removeGuest(vmid);
    this.#change(id, (pool) => ({ ...pool, guests: new Set([...pool.guests, vmid]) }));
  }

  addStorage(id: string, storage: string): void {
    this.#change(id, (pool) => ({ ...pool, storages: new Set([...pool.storages, storage]) }));
  }

  removeGuest(vmid: number): void {
    for (const { id } of this.all()) {
      this.#change(id, (pool) => ({
        ...pool,
        guests: new Set([...pool.guests].filter((member) => member !== vmid)),
      }));
    }
  }

  /** The pool a guest is in. */
  poolOf(vmid: number): string | undefined {
    return this.all().find((pool) => pool.guests.has(vmid))?.id;
  }

  /** ACL paths of everything in a pool. */
  pathsOf(pool: Pool): string[] {
    return [
      ...[...pool.guests].map((vmid) => `/vms/${vmid}`),
      ...[...pool.storages].map((storage) => `/storage/${storage}`),
    ];
  }

  #change(id: string, change: (pool: Pool) => Pool): void {
    const pool = this.#pools.get(id);
    if (pool === undefined) throw new Error(`Cannot change pool "${id}": there is none`);
    this.#pools.set(id, change(pool));
  }
}
