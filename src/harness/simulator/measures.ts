import type { Adjustable } from '../topology/topology.ts';

/** Faults of one kind on one direction, side by side, each with a measure of its own that can change. */
export class Measures<Measure> implements Iterable<Measure> {
  readonly #inForce = new Set<{ measure: Measure }>();
  readonly #changed: () => void;

  constructor(changed: () => void = () => undefined) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#inForce.size;
  }

  *[Symbol.iterator](): Iterator<Measure> {
    for (const { measure } of this.#inForce) yield measure;
  }

  add(measure: Measure): Adjustable<Measure> {
    const own = { measure };
    this.#inForce.add(own);
    this.#changed();
    return {
      heal: async () => {
        if (this.#inForce.delete(own)) this.#changed();
      },
      change: async (next) => {
        own.measure = next;
        this.#changed();
      },
    };
  }
}
