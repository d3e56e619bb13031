import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { ledgerOf, loadPushes } from './ledger.ts';

const parameters = z.strictObject({
  node: nodeName,
  count: z.number().int().positive(),
  withinMs: z.number().int().positive(),
});

/** The load came as the burst it is meant to be: so many pushes of the node were accepted within this time. */
export const acceptedWithin: Checker<z.output<typeof parameters>> = {
  name: 'accepted-within',
  role: 'proof',
  about: 'So many pushes of a node were accepted within so short a time.',
  parameters,
  judge(record, { node, count, withinMs }) {
    const clauses = new Clauses();
    const accepted = loadPushes(ledgerOf(record)).filter(
      (push) => push.node === node && push.outcome === 'accepted' && push.answered !== null,
    );
    const fromMs = Math.min(...accepted.map(({ invoked }) => invoked.atMs));
    const inTime = accepted.filter(({ answered }) => answered!.atMs - fromMs <= withinMs).length;
    const figures = `${inTime} of ${accepted.length} pushes of ${node} accepted within ${withinMs} ms`;
    // Pushes that nobody accepted are missing however late the tester was.
    if (accepted.length < count) clauses.broken(`${figures}, expected ${count}`);
    else judgeTiming(record, clauses, withinMs, inTime >= count ? [] : [figures], 'too slow', figures);
    return clauses.finding();
  },
};
