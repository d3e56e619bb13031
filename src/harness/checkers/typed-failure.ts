import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { limits } from '../../contract/wire.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { disturbances } from './failures.ts';
import { judgeTiming } from './lag.ts';

const parameters = z.strictObject({
  node: nodeName.optional(),
  withinMs: z.number().int().positive().default(limits.handshakeTimeoutMs),
});

/** A timer fires late, never early. */
const timerMs = 1_000;

/** A reason is a word of a closed list, not a sentence and not a shrug. */
const typedReason = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const shrugs = ['unknown', 'error', 'failed', 'other'];

/** The disturbed node reported its failed handshake with stage and typed reason, within `withinMs` of its start. */
export const typedFailure: Checker<z.output<typeof parameters>> = {
  name: 'typed-failure',
  role: 'reaction',
  about: 'The failing side reports a typed error within its time-out and never hangs.',
  parameters,
  judge(record, { node, withinMs }) {
    const clauses = new Clauses();
    const disturbed = disturbances(record, node);
    if (disturbed.length === 0) clauses.unknown('no fault was on any link, so nothing had to fail');
    for (const { node: victim, failure } of disturbed) {
      if (failure === null) {
        clauses.broken(`${victim} reported no failed handshake`);
        continue;
      }
      const { stage, reason, afterMs } = failure.event;
      const isTyped = stage !== '' && typedReason.test(reason) && !shrugs.includes(reason);
      clauses.none(
        isTyped ? [] : [`${victim}: stage ${JSON.stringify(stage)}, reason ${JSON.stringify(reason.slice(0, 100))}`],
        'failures without a typed reason',
        `${victim} failed at ${stage}: ${reason}, after ${Math.round(afterMs)} ms`,
      );
      const late = afterMs > withinMs + timerMs ? [`${victim} failed after ${Math.round(afterMs)} ms`] : [];
      judgeTiming(record, clauses, withinMs, late, 'failures reported too late', `within ${withinMs} ms`);
    }
    return clauses.finding();
  },
};
