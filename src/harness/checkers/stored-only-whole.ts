import { z } from 'zod';
import type { CapturedRecord } from '../history/collected.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { relaySamples } from './relay-samples.ts';

/**
 * Whenever the relay was looked at, it had given no more cursors than whole pushes had come to it by then: what it got
 * of a push that broke off is in no row.
 */
export const storedOnlyWhole: Checker<Record<string, never>> = {
  name: 'stored-only-whole',
  role: 'invariant',
  about: 'At no time had the relay given more cursors than whole pushes had come to it, by the capture at its door.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const capture = record.collected.captures.find(({ point }) => point === 'relay');
    const samples = relaySamples(record);
    if (samples.length === 0) clauses.unknown('nobody looked at the relay');
    else if (capture === undefined || capture.records.length === 0)
      clauses.unknown('no record was captured at the relay');
    else if (capture.opaqueSessions > 0) clauses.unknown('not every session at the relay could be opened');
    else {
      const pushedMs = capture.records.flatMap(timesOfPushes);
      const tooMany = samples.flatMap(({ atMs, value }) => {
        const whole = pushedMs.filter((cameMs) => cameMs <= atMs).length;
        return value.headCursor <= whole ? [] : [`${value.headCursor} cursors given, ${whole} whole pushes had come`];
      });
      clauses.none(tooMany, 'cursors without a push', `${samples.length} looks, never more cursors than whole pushes`);
    }
    return clauses.finding();
  },
};

/** One time for each push that the record completes. */
function timesOfPushes({ direction, lastMs, messages }: CapturedRecord): readonly number[] {
  return direction === 'up' ? (messages ?? []).filter((type) => type === 'PUSH').map(() => lastMs) : [];
}
