import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { loadOperations } from './operations.ts';
import { relaySamples } from './relay-samples.ts';

const parameters = z.strictObject({
  /** So many descriptors more than before the load may stay open. */
  descriptors: z.number().int().nonnegative(),
  withinMs: z.number().int().positive(),
});

/**
 * At most `withinMs` after the last operation of the load the relay had as many sessions as before the load, no
 * handshake pending, and about as many descriptors open.
 */
export const nothingLeaked: Checker<z.output<typeof parameters>> = {
  name: 'nothing-leaked',
  role: 'invariant',
  about: 'Soon after the load the relay has as many sessions and about as many descriptors open as before it.',
  parameters,
  judge(record, { descriptors, withinMs }) {
    const clauses = new Clauses();
    const samples = relaySamples(record);
    const operations = loadOperations(record);
    const before = samples[0]?.value;
    const endMs = Math.max(...operations.map(({ invoked, waitedMs }) => invoked.atMs + waitedMs));
    const after = samples.filter(({ atMs }) => atMs >= endMs);
    if (before === undefined || operations.length === 0 || after.length === 0) {
      clauses.unknown('nobody looked at the relay before and after the load');
      return clauses.finding();
    }
    const back = after.find(
      ({ value }) =>
        value.sessionCount === before.sessionCount &&
        value.pendingHandshakes === 0 &&
        value.openDescriptors <= before.openDescriptors + descriptors,
    );
    const { sessionCount, openDescriptors } = (back ?? after.at(-1)!).value;
    const figures = `${sessionCount} sessions and ${openDescriptors} descriptors after the load, ${before.sessionCount} and ${before.openDescriptors} before`;
    if (back === undefined && after.at(-1)!.atMs < endMs + withinMs)
      clauses.unknown(`not looked at for long enough: ${figures}`);
    else {
      const isLate = back === undefined || back.atMs > endMs + withinMs;
      judgeTiming(
        record,
        clauses,
        withinMs,
        isLate ? [figures] : [],
        `not back to what was before in ${withinMs} ms`,
        figures,
      );
    }
    return clauses.finding();
  },
};
