import { z } from 'zod';
import { byteCount, duration } from '../../contract/parameters.ts';
import { assert } from '../../support/assert.ts';
import { until, WaitError } from '../../support/until.ts';
import type { Topology } from '../topology/topology.ts';
import type { Fault } from './fault.ts';
import { pathOutage } from './path-outage.ts';
import { strikeParameters, tellStrike } from './strike-on-tap.ts';

const parameters = z.strictObject({
  ...strikeParameters,
  /** Which of the records up of at least `min-bytes` that come from the injection on; each must be one push. */
  nth: z.number().int().positive().default(1),
  'min-bytes': byteCount,
  /** How long to wait for the relay to store the push before the connection is closed all the same. */
  wait: duration.default(5_000),
});

/**
 * One push passes whole and the relay stores it, but nothing that the relay says from then on reaches the node; then
 * both sides see the end of their connection. The node cannot know whether the push was stored.
 */
export const withholdAnswer: Fault<z.output<typeof parameters>> = {
  kind: 'withhold-answer',
  about: 'A push passes and is stored, its acknowledgement is swallowed, then both sides see the connection end.',
  parameters,
  abilities: ['tap', 'cut'],
  linksOf: ({ link }) => [link],
  async inject(topology, { link, nth, 'min-bytes': minBytes, wait: waitMs, 'path-back': pathBackMs }, _prng, tell) {
    assert(topology.tap !== null, 'a topology that offers the ability `tap` has one');
    const outage = pathOutage(topology, link, pathBackMs);
    const headBefore = await headOf(topology);
    let swallowed = 0;
    let isHealing = false;
    let closing: Promise<void> = Promise.resolve();
    const takeOut = await topology.tap.addRule({ action: 'mute', link, direction: 'up', nth, minBytes }, (strike) => {
      if (strike.action !== 'mute') {
        swallowed += 1;
        return;
      }
      tellStrike(tell, strike);
      closing = closeOnceStored();
      closing.catch(() => {}); // Passed on by the heal.
    });

    /** By the relay's own counters: every push up to the nth has a cursor, and one answer at least was swallowed. */
    async function closeOnceStored(): Promise<void> {
      const probe = async () => ({ head: await headOf(topology), swallowed });
      const isStored = (head: number | null) => head !== null && headBefore !== null && head >= headBefore + nth;
      const seen = await until(topology.clock, {
        what: 'the relay to store the push and answer it',
        probe,
        holds: ({ head }) => isHealing || (isStored(head) && swallowed > 0),
        everyMs: 50,
        timeoutMs: waitMs,
      }).catch((error: unknown) => {
        if (error instanceof WaitError) return probe();
        throw error;
      });
      const isTold = headBefore !== null && seen.head !== null;
      const value = { stored: isTold ? isStored(seen.head) : null, answersSwallowed: seen.swallowed };
      tell({ kind: 'witness', name: 'answer-withheld', value });
      outage.begin();
      await takeOut();
    }

    const heal = async () => {
      isHealing = true;
      await closing;
      await takeOut();
      await outage.end();
    };
    return { heal };
  },
};

/** The highest cursors of all groups together, which grow by one with each push stored; null: the relay cannot say. */
async function headOf(topology: Topology): Promise<number | null> {
  const stats = await topology.relay.stats().catch(() => null);
  return stats?.groups.reduce((sum, { headCursor }) => sum + headCursor, 0) ?? null;
}
