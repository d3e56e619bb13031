import { z } from 'zod';
import { share } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countedLoss } from './losses.ts';

const parameters = z.strictObject({
  from: share,
  to: share,
  /** Of correlated loss: packets dropped one after the other, on average. */
  runMin: z.number().positive().optional(),
});

/** Of all packets the faults could drop, by the kernel's count, the share that they did drop, and in what runs. */
export const dropShare: Checker<z.output<typeof parameters>> = {
  name: 'drop-share',
  role: 'proof',
  proves: ['loss', 'blackouts'],
  about: 'Of the packets of the links such a share was dropped, on average at least so many one after the other.',
  parameters,
  judge(record, { from, to, runMin }) {
    const clauses = new Clauses();
    const loss = countedLoss(record, clauses);
    if (loss === null) return clauses.finding();
    const { packetsDropped, packetsSeen, runs } = loss;
    const dropped = packetsSeen === 0 ? 0 : packetsDropped / packetsSeen;
    const figures = `${packetsDropped} of ${packetsSeen} packets dropped, ${(100 * dropped).toFixed(2)} %`;
    if (from <= dropped && dropped <= to) clauses.holds(figures);
    else clauses.broken(`${figures}, expected ${100 * from} to ${100 * to} %`);
    if (runMin === undefined) return clauses.finding();
    if (runs === 0) {
      clauses.broken('no run of drops was counted');
      return clauses.finding();
    }
    const mean = packetsDropped / runs;
    const inRuns = `${runs} runs of drops, ${mean.toFixed(2)} packets each on average`;
    if (mean >= runMin) clauses.holds(inRuns);
    else clauses.broken(`${inRuns}, expected ${runMin}`);
    return clauses.finding();
  },
};
