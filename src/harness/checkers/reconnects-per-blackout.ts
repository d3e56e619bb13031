import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { blackoutsOf } from './spells.ts';
import { handshakesIn, recordsAt } from './wire-times.ts';

const parameters = z.strictObject({ max: z.number().int().nonnegative() });

/** From each blackout to the next no struck node began more handshakes than `max`, seen at its own interface. */
export const reconnectsPerBlackout: Checker<z.output<typeof parameters>> = {
  name: 'reconnects-per-blackout',
  role: 'reaction',
  about: 'No blackout made a node connect again more than so many times.',
  parameters,
  judge(record, { max }) {
    const clauses = new Clauses();
    for (const { number, links, fromMs, nextMs } of blackoutsOf(record, clauses, 'unknown')) {
      for (const node of links) {
        const records = recordsAt(record, node, clauses);
        if (records === null) continue;
        const begun = handshakesIn(records).filter(
          ({ beganMs }) => fromMs <= beganMs && (nextMs === null || beganMs < nextMs),
        ).length;
        const figures = `${node}: ${begun} handshakes after blackout ${number}`;
        clauses.none(begun > max ? [figures] : [], `nodes that connected more than ${max} times again`, figures);
      }
    }
    return clauses.finding();
  },
};
