import type { Heal, StepMoment, WritePoint, Writes } from '../topology/topology.ts';
import type { ReadyStep } from './step-order.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Awaited extends WritePoint {
  readonly onEnd: (write: string) => void;
  /** Writes that were begun and that it counts. */
  begun: number;
}

/** Ends processes in the very step of their database that was asked for. */
export class WriteStrikes implements Writes {
  readonly #clock: VirtualClock;
  readonly #end: (point: WritePoint) => void;
  readonly #awaited = new Set<Awaited>();

  constructor(clock: VirtualClock, end: (point: WritePoint) => void) {
    this.#clock = clock;
    this.#end = end;
  }

  async endAt(point: WritePoint, onEnd: (write: string) => void): Promise<Heal> {
    const awaited = { ...point, onEnd, begun: 0 };
    this.#awaited.add(awaited);
    return async () => void this.#awaited.delete(awaited);
  }

  /** To be told of every step. */
  met(at: StepMoment, { process, step, isWrite }: ReadyStep): void {
    for (const awaited of isWrite ? this.#awaited : []) {
      if (awaited.target !== process || (awaited.write ?? step) !== step) continue;
      if (at === 'before') awaited.begun += 1;
      if (awaited.begun !== awaited.nth || awaited.at !== at) continue;
      this.#awaited.delete(awaited);
      this.#end(awaited);
      // Whoever hears of it may do anything, so it is heard when the step is over.
      this.#clock.schedule(0, () => awaited.onEnd(step));
    }
  }
}
