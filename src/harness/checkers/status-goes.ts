import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { stateIn } from './failures.ts';
import { judgeTiming } from './lag.ts';
import { windowsByLink } from './windows.ts';

const parameters = z.strictObject({
  /** Left out: every node whose link a fault acts on. */
  node: nodeName.optional(),
  withinMs: z.number().int().positive(),
  backWithinMs: z.number().int().positive(),
});

/**
 * A node was connected when the fault came, degraded `withinMs` after that, and connected again for good `backWithinMs`
 * after the heal, with no other state in between.
 */
export const statusGoes: Checker<z.output<typeof parameters>> = {
  name: 'status-goes',
  role: 'reaction',
  about: 'The node’s status goes from connected to degraded soon after the fault came and back soon after its heal.',
  parameters,
  judge(record, { node, withinMs, backWithinMs }) {
    const clauses = new Clauses();
    const windows = windowsByLink(record, node);
    if (windows.length === 0) clauses.unknown('no fault was on any link');
    for (const { link, fromMs, toMs } of windows) {
      const states = statesOf(record, link);
      const before = states.findLast(({ atMs }) => atMs < fromMs)?.state ?? 'unknown';
      const then = states.filter(({ atMs }) => atMs >= fromMs);
      const degraded = then.find(({ state }) => state === 'degraded');
      const last = then.at(-1);
      const others = then.filter(({ state }) => state !== 'connected' && state !== 'degraded');
      clauses.none(
        before === 'connected' ? [] : [`${link} was ${before}`],
        'not connected before',
        `${link} connected`,
      );
      clauses.none(
        others.map(({ state }) => `${link} became ${state}`),
        'other states',
        `${link} in no other state`,
      );
      if (degraded === undefined) clauses.broken(`${link} was never degraded`);
      else judgeAfter(record, clauses, `${link} degraded`, degraded.atMs - fromMs, withinMs);
      if (last?.state !== 'connected') clauses.broken(`${link} stayed ${last?.state ?? before} after the fault`);
      else judgeAfter(record, clauses, `${link} connected again`, last.atMs - toMs, backWithinMs);
    }
    return clauses.finding();
  },
};

function judgeAfter(record: TrialRecord, clauses: Clauses, what: string, tookMs: number, withinMs: number): void {
  const told = `${what} after ${Math.round(tookMs)} ms`;
  judgeTiming(record, clauses, withinMs, tookMs > withinMs ? [told] : [], `later than ${withinMs} ms`, told);
}

function statesOf(record: TrialRecord, node: string): { readonly atMs: number; readonly state: string }[] {
  return record.entries.flatMap((entry) => {
    const state = stateIn(entry, node);
    return state === null ? [] : [{ atMs: entry.atMs, state }];
  });
}
