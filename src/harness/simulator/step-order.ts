import type { Prng } from '../../support/prng.ts';

/** One step that was asked for and has not run. */
export interface ReadyStep {
  readonly process: string;
  readonly step: string;
  /** A transaction, not a read. */
  readonly isWrite: boolean;
}

/**
 * Decides which of several ready steps runs next: an index into `ready`, which is in the order they were asked for.
 * `due` is the index of the step whose own time has come. Null: none yet; it is asked again a moment later.
 */
export interface StepOrder {
  choose(ready: readonly ReadyStep[], due: number): number | null;
}

/** So often another step than the one that is due gets its turn. */
const overtakingShare = 0.125;

/** Mostly the step that is due, now and then any of them, by seed. */
export function seededStepOrder(prng: Prng): StepOrder {
  return { choose: (ready, due) => (prng.chance(overtakingShare) ? prng.below(ready.length) : due) };
}

/**
 * Follows a list of choices, one for each point where several steps are ready; beyond the list it takes the first.
 * `following` walks depth first through all lists there are, so that a sweep can run every interleaving once:
 *
 *     for (let script = new ScriptedStepOrder([]); script !== null; script = script.following()) run(script);
 */
export class ScriptedStepOrder implements StepOrder {
  readonly choices: readonly number[];
  readonly #points: { readonly chosen: number; readonly of: number }[] = [];

  constructor(choices: readonly number[]) {
    this.choices = choices;
  }

  choose(ready: readonly ReadyStep[]): number {
    if (ready.length < 2) return 0;
    const chosen = Math.min(this.choices[this.#points.length] ?? 0, ready.length - 1);
    this.#points.push({ chosen, of: ready.length });
    return chosen;
  }

  /** Each point passed so far: what was chosen, of how many. */
  get points(): readonly { readonly chosen: number; readonly of: number }[] {
    return this.#points;
  }

  /** The next list of choices after the run this one went through, or null after the last. */
  following(): ScriptedStepOrder | null {
    const last = this.#points.findLastIndex(({ chosen, of }) => chosen + 1 < of);
    if (last === -1) return null;
    const choices = this.#points.slice(0, last + 1).map(({ chosen }) => chosen);
    choices[last]! += 1;
    return new ScriptedStepOrder(choices);
  }
}
