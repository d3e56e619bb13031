import { ScenarioError } from '../../support/errors.ts';
import type { Arena } from '../topology/topology.ts';
import { SimulatedTopology } from './simulated-topology.ts';
import { ScriptedStepOrder, type StepOrder } from './step-order.ts';

/**
 * How many turns a step waits for another of its name to become ready: 10 ms of virtual time, in which a push of
 * another node arrives, or a push that takes several steps asks for its next one.
 */
const turnsWaitedMax = 100;

/**
 * Walks through every order in which the steps of one name can run against each other, one order for each trial.
 * Stages that `arena` opens run under the present one; where it does not decide, each step runs when it is due.
 */
export class StepOrderWalk {
  readonly arena: Arena;
  #script = new ScriptedStepOrder([]);

  constructor(arena: Arena, step: string) {
    this.arena = {
      ...arena,
      openStage: async (options) => {
        const stage = await arena.openStage(options);
        if (!(stage instanceof SimulatedTopology)) {
          throw new ScenarioError(`the order of steps can be given in the simulator only, got the arena ${arena.name}`);
        }
        // A trial that is run again begins its order anew.
        this.#script = new ScriptedStepOrder(this.#script.choices);
        stage.useStepOrder(amongStepsOf(step, this.#script));
        return stage;
      },
    };
  }

  /** What the last trial chose, each time among how many ready steps. */
  get points(): readonly { readonly chosen: number; readonly of: number }[] {
    return this.#script.points;
  }

  /** On to the order after the one that the last trial ran through; false after the last. */
  advance(): boolean {
    const following = this.#script.following();
    if (following === null) return false;
    this.#script = following;
    return true;
  }
}

/** A step of this name waits until another is ready or cannot be expected any more; then the script decides. */
function amongStepsOf(step: string, script: ScriptedStepOrder): StepOrder {
  let turnsWaited = 0;
  return {
    choose(ready, due) {
      if (ready[due]!.step !== step) return due;
      const rivals = ready.flatMap((one, index) => (one.step === step ? [index] : []));
      if (rivals.length < 2 && turnsWaited < turnsWaitedMax) {
        turnsWaited += 1;
        return null;
      }
      turnsWaited = 0;
      return rivals[script.choose(rivals.map((index) => ready[index]!))]!;
    },
  };
}
