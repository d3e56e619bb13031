import type { Heal, StepMoment, StepPlace } from '../topology/topology.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { ReadyStep } from './step-order.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Hold extends StepPlace {
  readonly onHeld: (step: string) => void;
  seen: number;
}

/** Stops processes at steps of their databases, each at the one it was told, until it is let go. */
export class HeldSteps {
  readonly #clock: VirtualClock;
  readonly #machineOf: (target: string) => SimulatedMachine;
  readonly #holds = new Set<Hold>();

  constructor(clock: VirtualClock, machineOf: (target: string) => SimulatedMachine) {
    this.#clock = clock;
    this.#machineOf = machineOf;
  }

  add(place: StepPlace, onHeld: (step: string) => void): Heal {
    const machine = this.#machineOf(place.process);
    let letGo = () => {};
    const hold: Hold = {
      ...place,
      seen: 0,
      onHeld: (step) => {
        const process = machine.process;
        process?.pause();
        letGo = () => process?.resume();
        // Whoever hears of it may end the process, so it is heard when the step has stopped.
        this.#clock.schedule(0, () => onHeld(step));
      },
    };
    this.#holds.add(hold);
    return async () => {
      this.#holds.delete(hold);
      letGo();
    };
  }

  saw(moment: StepMoment, { process, step, isWrite }: ReadyStep): void {
    for (const hold of this.#holds) {
      if (hold.process !== process || hold.moment !== moment || !(hold.steps?.includes(step) ?? isWrite)) continue;
      hold.seen += 1;
      if (hold.seen === hold.nth) hold.onHeld(step);
    }
  }
}
