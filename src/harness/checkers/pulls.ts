import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { countOf } from './traffic.ts';
import { recordsAt } from './wire-times.ts';

const parameters = z.strictObject({
  node: nodeName,
  min: z.number().int().nonnegative().default(0),
  max: z.number().int().positive(),
  /** So much earlier than the last page ends all of it is pushed: what a later tester pushes is fetched by more pages. */
  slackMs: z.number().int().positive().optional(),
});

/** From the start of the load on the node asked for so many pages, no fewer and no more: counted on its own wire. */
export const pulls: Checker<z.output<typeof parameters>> = {
  name: 'pulls',
  role: 'reaction',
  about: 'From the start of the load on a node asked for at least and at most so many pages.',
  parameters,
  judge(record, { node, min, max, slackMs }) {
    const clauses = new Clauses();
    const asked = pagesAskedBy(record, node, clauses);
    if (asked !== null) {
      const figures = `${node} asked for ${asked} pages`;
      const missed = `${figures}, expected ${min} to ${max}`;
      if (min <= asked && asked <= max) clauses.holds(figures);
      else if (asked > max && slackMs !== undefined) judgeTiming(record, clauses, slackMs, [missed], missed, figures);
      else clauses.broken(missed);
    }
    return clauses.finding();
  },
};

/** Requests for a page that left the node since the load began; null, with the reason in `clauses`, when unknown. */
export function pagesAskedBy(record: TrialRecord, node: string, clauses: Clauses): number | null {
  const seen = recordsAt(record, node, clauses);
  if (seen === null) return null;
  const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs;
  if (startMs === undefined) {
    clauses.unknown('the load never began');
    return null;
  }
  if (seen.every(({ messages }) => messages === null)) {
    clauses.unknown(`the capture at ${node} was not opened`);
    return null;
  }
  const ofLoad = seen.filter(({ lastMs }) => lastMs >= startMs);
  return countOf(ofLoad, 'PULL');
}
