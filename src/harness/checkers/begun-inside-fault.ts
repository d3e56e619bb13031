import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { armedWindows, isWithin } from './windows.ts';

const parameters = z.strictObject({
  pushes: z.number().int().nonnegative().default(0),
  handshakes: z.number().int().nonnegative().default(0),
});

/**
 * So many pushes were asked for, and so many handshakes begun, while a fault was on. A handshake is seen from outside:
 * the first record up a new connection at the relay’s interface.
 */
export const begunInsideFault: Checker<z.output<typeof parameters>> = {
  name: 'begun-inside-fault',
  role: 'proof',
  about: 'At least so many pushes and handshakes began while the fault was on.',
  parameters,
  judge(record, { pushes: pushesMin, handshakes: handshakesMin }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    if (windows.length === 0) {
      clauses.broken('no fault was on');
      return clauses.finding();
    }
    const isInside = (atMs: number) => windows.some((window) => isWithin(window, atMs));
    const pushes = ledgerOf(record).pushes.filter(({ invoked }) => isInside(invoked.atMs)).length;
    if (pushes >= pushesMin) clauses.holds(`${pushes} pushes begun inside`);
    else clauses.broken(`${pushes} pushes begun inside, expected ${pushesMin}`);

    if (handshakesMin === 0) return clauses.finding();
    const records = record.collected.captures.find(({ point }) => point === 'relay')?.records ?? [];
    const handshakes = records.filter(
      ({ direction, index, firstMs }) => direction === 'up' && index === 0 && isInside(firstMs),
    ).length;
    if (records.length === 0) clauses.unknown('no record was captured at the relay');
    else if (handshakes >= handshakesMin) clauses.holds(`${handshakes} handshakes begun inside`);
    else clauses.broken(`${handshakes} handshakes begun inside, expected ${handshakesMin}`);
    return clauses.finding();
  },
};
