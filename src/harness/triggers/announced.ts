import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { HistoryEntry } from '../history/history.ts';
import type { Trigger } from './trigger.ts';

const parameters = z.strictObject({
  node: nodeName,
  /**
   * `acked`: the relay acknowledged an item; `received`: an item of another node was stored; `sealed`: it goes out;
   * `gap`: the relay no longer has something.
   */
  event: z.enum(['acked', 'received', 'sealed', 'gap', 'handshake-failed']),
  count: z.number().int().positive().default(1),
  /** The counts at which a sweep strikes instead, once each. */
  swept: z.array(z.number().int().positive()).default([]),
});

/** The node announced the event for the `count`th time since the load began. */
export const announced: Trigger<z.output<typeof parameters>> = {
  name: 'announced',
  about: 'A node announced an event, such as an acknowledgement, so many times since the load began.',
  parameters,
  async arm(trial, { node, event: awaited, count }, fire) {
    const entries = trial.entries();
    const loadBegan = entries.findLastIndex((entry) => entry.kind === 'phase' && entry.phase === 'loading');
    const isAwaited = (entry: HistoryEntry) =>
      entry.kind === 'event' && entry.node === node && entry.event.event === awaited;
    let seen = entries.slice(loadBegan + 1).filter(isAwaited).length;
    if (seen >= count) {
      fire();
      return async () => {};
    }
    const end = trial.onEntry((entry) => {
      if (!isAwaited(entry)) return;
      seen += 1;
      if (seen === count) fire();
    });
    return async () => end();
  },
  points: (written) => written.swept.map((count) => ({ ...written, count, swept: [] })),
};
