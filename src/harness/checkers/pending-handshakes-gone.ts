import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { disturbances } from './failures.ts';
import { judgeTiming } from './lag.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ node: nodeName.optional(), withinMs: z.number().int().positive().default(1_000) });

/** After each failed handshake of a disturbed node the relay’s pending handshakes are 0 again within `withinMs`. */
export const pendingHandshakesGone: Checker<z.output<typeof parameters>> = {
  name: 'pending-handshakes-gone',
  role: 'reaction',
  about: 'After a failed handshake the relay’s pending handshakes return to 0 in time.',
  parameters,
  judge(record, { node, withinMs }) {
    const clauses = new Clauses();
    const disturbed = disturbances(record, node);
    if (disturbed.length === 0) clauses.unknown('no fault was on any link');
    for (const { node: victim, failure } of disturbed) {
      const seen = witnessesOf(record, 'pending-handshakes').filter(
        ({ entry, value }) => value.node === victim && failure !== null && entry.index > failure.index,
      );
      if (seen.length === 0) {
        clauses.unknown(`nobody watched the relay’s pending handshakes after a failure of ${victim}`);
        continue;
      }
      const gone = seen.find(({ value }) => value.value === 0);
      const afterMs = gone?.value.afterFailureMs ?? null;
      const last = seen.at(-1)!.value;
      const late =
        afterMs !== null && afterMs <= withinMs
          ? []
          : [
              afterMs === null
                ? `${last.value} handshakes still pending ${Math.round(last.afterFailureMs)} ms after the failure of ${victim}`
                : `pending handshakes of ${victim} gone after ${Math.round(afterMs)} ms`,
            ];
      // A count that never came back to 0 in time to be seen is no matter of a busy machine.
      if (afterMs === null && last.afterFailureMs <= withinMs) {
        clauses.unknown(`pending handshakes were not watched for ${withinMs} ms after the failure of ${victim}`);
      } else if (afterMs === null) clauses.broken('handshakes left pending', late);
      else
        judgeTiming(
          record,
          clauses,
          withinMs,
          late,
          'handshakes left pending too long',
          `gone after ${Math.round(afterMs)} ms`,
        );
    }
    return clauses.finding();
  },
};
