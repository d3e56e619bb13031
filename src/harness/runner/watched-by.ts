import type { Prng } from '../../support/prng.ts';
import type { WatchedTrial } from '../triggers/trigger.ts';
import type { TrialContext } from './trial-context.ts';

/** The running trial as triggers see it; `prng` is theirs alone. */
export function watchedBy({ topology, clock, history, facts }: TrialContext, prng: Prng): WatchedTrial {
  return {
    topology,
    clock,
    prng,
    entries: () => history.entries,
    onEvent(listener) {
      facts.listeners.add(listener);
      return () => void facts.listeners.delete(listener);
    },
    onEntry: (listener) => history.onEntry(listener),
  };
}
