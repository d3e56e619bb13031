import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { ledgerOf } from './ledger.ts';
import { type Round, roundsOf } from './rounds.ts';

const parameters = z.strictObject({
  maxMs: z.number().positive(),
  /** How many rounds there must be; without it, at least one. */
  rounds: z.number().int().positive().default(1),
});

/** In every round of a barrier the nodes were asked to push within `maxMs` of each other. */
export const barrierSkew: Checker<z.output<typeof parameters>> = {
  name: 'barrier-skew',
  role: 'proof',
  about: 'The pushes of each barrier round were released within so many milliseconds of each other.',
  parameters,
  judge(record, { maxMs, rounds: expected }) {
    const clauses = new Clauses();
    const rounds = roundsOf(ledgerOf(record)).filter(({ pushes }) => new Set(pushes.map(({ node }) => node)).size >= 2);
    if (rounds.length < expected) {
      clauses.broken(`${rounds.length} barrier rounds of two nodes or more, expected ${expected}`);
      return clauses.finding();
    }
    const apart = rounds.filter((round) => hasWaited(record, round)).map(({ round }) => `round ${round}`);
    if (apart.length > 0) {
      clauses.broken(`rounds in which a push waited for another’s acknowledgement (${apart.length})`, apart);
      return clauses.finding();
    }
    const skews = rounds.map(({ round, pushes }) => {
      const times = pushes.map(({ invoked }) => invoked.atMs);
      return { round, skewMs: Math.max(...times) - Math.min(...times) };
    });
    const wide = skews.filter(({ skewMs }) => skewMs > maxMs);
    judgeTiming(
      record,
      clauses,
      maxMs,
      wide.map(({ round, skewMs }) => `round ${round}: ${skewMs.toFixed(1)} ms`),
      'rounds released too far apart',
      `${rounds.length} rounds, skew at most ${Math.max(...skews.map(({ skewMs }) => skewMs)).toFixed(1)} ms`,
    );
    return clauses.finding();
  },
};

/** What the tester asked for when it had heard of an acknowledgement: a late timer makes no answer early. */
function hasWaited({ entries }: TrialRecord, { pushes }: Round): boolean {
  const items = pushes.map(({ item }) => item);
  const firstAck = entriesOf(entries, 'event').find(
    ({ event }) => event.event === 'acked' && items.includes(event.item),
  );
  return firstAck !== undefined && pushes.some(({ invoked }) => invoked.atMs >= firstAck.atMs);
}
