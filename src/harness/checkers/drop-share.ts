import { z } from 'zod';
import { share } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countedLoss } from './losses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  from: share,
  to: share,
  /** Of loss in bursts: packets dropped one after the other, on average. */
  runMin: z.number().positive().optional(),
});

/**
 * Of all packets the faults could drop, by the kernel's count, the share that they did drop. While a burst lasts every
 * packet is dropped, so the drops of one burst on one link and way are one run: their mean is at least what it would be
 * if each burst had struck every link both ways.
 */
export const dropShare: Checker<z.output<typeof parameters>> = {
  name: 'drop-share',
  role: 'proof',
  proves: ['loss', 'burst-loss'],
  about: 'Of the packets of the links such a share was dropped, and in bursts so many on average one after the other.',
  parameters,
  judge(record, { from, to, runMin }) {
    const clauses = new Clauses();
    const loss = countedLoss(record, clauses);
    if (loss === null) return clauses.finding();
    const { packetsDropped, packetsSeen } = loss;
    const dropped = packetsSeen === 0 ? 0 : packetsDropped / packetsSeen;
    const figures = `${packetsDropped} of ${packetsSeen} packets dropped, ${(100 * dropped).toFixed(2)} %`;
    if (from <= dropped && dropped <= to) clauses.holds(figures);
    else clauses.broken(`${figures}, expected ${100 * from} to ${100 * to} %`);
    if (runMin === undefined) return clauses.finding();
    const windows = armedWindows(record, 'burst-loss');
    if (windows.length === 0) clauses.broken('no loss came in bursts');
    for (const { fault, links } of windows) {
      for (const { value } of witnessesOf(record, 'burst-loss').filter(({ entry }) => entry.fault === fault)) {
        const struck = value.spells.filter((spell) => spell.packetsDropped > 0);
        const ways = 2 * links.length;
        const run = struck.reduce((sum, spell) => sum + spell.packetsDropped, 0) / Math.max(1, ways * struck.length);
        const runs = `${struck.length} bursts, at least ${run.toFixed(1)} drops in a row`;
        if (run >= runMin) clauses.holds(runs);
        else clauses.broken(`${runs}, expected ${runMin}`);
      }
    }
    return clauses.finding();
  },
};
