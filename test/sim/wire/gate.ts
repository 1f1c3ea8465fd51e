/** Lets at most `places` pieces of work go on at once; the rest wait their turn, in order. */
export class Gate {
  readonly #places: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many are at work. */
  get taken(): number {
    return this.#taken;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#places) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#taken++;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes over to the next in line, so nobody can slip in between.
      if (next === undefined) this.#taken--;
      else next();
    }
  }
}
