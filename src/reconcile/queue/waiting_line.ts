import type { Lane } from "./lane.ts";

/** A lane's place in the line. */
export interface Place {
  readonly lane: Lane;
  /** Since when it waits. Monotonic milliseconds, as all times here. */
  readonly since: number;
  readonly dueAt: number;
  /** Decides between those due at the same moment: the lower comes first. Never given twice. */
  readonly number: number;
}

/** Lanes in the order in which they become due. Each stands in it once at most. */
export class WaitingLine {
  readonly #places: Place[] = [];
  readonly #byLane = new Map<Lane, Place>();

  get length(): number {
    return this.#places.length;
  }

  /** The first of all, due or not. */
  get first(): Place | undefined {
    return this.#places[0];
  }

  get(lane: Lane): Place | undefined {
    return this.#byLane.get(lane);
  }

  /** Lets a lane stand at its place; gives up the one it had. */
  put(place: Place): void {
    this.remove(place.lane);
    this.#places.splice(this.#indexOf(place), 0, place);
    this.#byLane.set(place.lane, place);
  }

  remove(lane: Lane): void {
    const place = this.#byLane.get(lane);
    if (place === undefined) return;
    this.#places.splice(this.#indexOf(place), 1);
    this.#byLane.delete(lane);
  }

  clear(): void {
    this.#places.length = 0;
    this.#byLane.clear();
  }

  /** Where a place stands, or would. */
  #indexOf(place: Place): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#places[middle];
      if (other !== undefined && isBefore(other, place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(one: Place, other: Place): boolean {
  return one.dueAt === other.dueAt ? one.number < other.number : one.dueAt < other.dueAt;
}
