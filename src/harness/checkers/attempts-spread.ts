import { z } from 'zod';
import { attemptsIn } from './attempts.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  /** From the first of the first attempts to the last. */
  spanMs: z.number().int().positive(),
  /** How many of the first attempts may fall into one second. */
  perSecond: z.number().int().positive(),
  /** How often one node may try while the relay is down. */
  perNode: z.number().int().positive(),
});

const secondMs = 1_000;

/**
 * Nodes that lost their relay together did not come back together: their first attempts, at their own interfaces, were
 * spread over `spanMs` with no more than `perSecond` in any second, and none tried more often than `perNode` times.
 */
export const attemptsSpread: Checker<z.output<typeof parameters>> = {
  name: 'attempts-spread',
  role: 'reaction',
  about: 'Nodes that lost the relay together try again spread over time, and not too often.',
  parameters,
  judge(record, { spanMs, perSecond, perNode }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'kill');
    if (windows.length === 0) clauses.unknown('the relay was not killed');
    for (const window of windows) {
      const attempts = attemptsIn(record, window);
      const first = [...(attempts?.values() ?? [])].flatMap(([atMs]) => atMs ?? []).toSorted((a, b) => a - b);
      if (attempts === null || first.length < 2) {
        clauses.unknown('the first attempts of two nodes or more were not captured');
        continue;
      }
      const span = Math.round(first.at(-1)! - first[0]!);
      const most = Math.max(
        ...first.map((from) => first.filter((atMs) => atMs >= from && atMs < from + secondMs).length),
      );
      const told = `first attempts of ${first.length} nodes over ${span} ms, at most ${most} in a second`;
      if (span >= spanMs && most <= perSecond) clauses.holds(told);
      else clauses.broken(`${told}, expected ${spanMs} ms or more and ${perSecond} or fewer`);
      const often = [...attempts].filter(([, times]) => times.length > perNode);
      clauses.none(
        often.map(([node, times]) => `${node} tried ${times.length} times`),
        `nodes that tried more than ${perNode} times`,
        `none tried more than ${perNode} times`,
      );
    }
    return clauses.finding();
  },
};
