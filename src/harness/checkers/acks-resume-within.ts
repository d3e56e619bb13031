import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { blackoutsOf } from './spells.ts';
import { recordsAt } from './wire-times.ts';

const parameters = z.strictObject({ withinMs: z.number().int().positive() });

/** After each blackout the first acknowledgement of a push reached each struck node in time, at its own interface. */
export const acksResumeWithin: Checker<z.output<typeof parameters>> = {
  name: 'acks-resume-within',
  role: 'reaction',
  about: 'So soon after each blackout the relay’s first acknowledgement of a push reached each struck node.',
  parameters,
  judge(record, { withinMs }) {
    const clauses = new Clauses();
    for (const { number, links, untilMs } of blackoutsOf(record, clauses, 'unknown')) {
      for (const node of links) {
        const records = recordsAt(record, node, clauses);
        if (records === null) continue;
        const acked = records.find(
          ({ direction, lastMs, messages }) =>
            direction === 'down' && lastMs >= untilMs && messages?.includes('PUSH_ACK') === true,
        );
        const tookMs = acked === undefined ? null : Math.round(acked.lastMs - untilMs);
        const figures = `${node}: first acknowledgement ${tookMs ?? 'no'} ms after blackout ${number}`;
        const late = tookMs !== null && tookMs <= withinMs ? [] : [figures];
        judgeTiming(record, clauses, withinMs, late, `nodes without an acknowledgement within ${withinMs} ms`, figures);
      }
    }
    return clauses.finding();
  },
};
