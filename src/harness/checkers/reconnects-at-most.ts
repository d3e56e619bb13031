import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { stateIn } from './failures.ts';
import { handshakesIn, recordsAt } from './wire-times.ts';

const parameters = z.strictObject({ count: z.number().int().nonnegative() });

/**
 * No node connected more often than it was told to, but for `count` times: by the handshakes seen at its interface and
 * by the states it announced. A start of its process counts as being told.
 */
export const reconnectsAtMost: Checker<z.output<typeof parameters>> = {
  name: 'reconnects-at-most',
  role: 'invariant',
  about: 'Each node connected of its own accord at most so many times.',
  parameters,
  judge(record, { count }) {
    const clauses = new Clauses();
    for (const node of record.nodes) {
      const records = recordsAt(record, node, clauses);
      if (records === null) continue;
      const ordered = record.entries.filter(
        (entry) =>
          (entry.kind === 'invoked' && entry.op === 'connect' && entry.node === node) ||
          (entry.kind === 'process' && entry.event === 'started' && entry.target === node),
      ).length;
      const begun = handshakesIn(records).length;
      const announced = record.entries.filter((entry) => stateIn(entry, node) === 'reconnecting').length;
      const own = Math.max(begun - ordered, announced);
      const figures = `${node}: ${begun} handshakes for ${ordered} orders to connect, ${announced} losses announced`;
      if (begun === 0) clauses.unknown(`no handshake of ${node} was seen`);
      else clauses.none(own > count ? [figures] : [], `nodes that reconnected more than ${count} times`, figures);
    }
    return clauses.finding();
  },
};
