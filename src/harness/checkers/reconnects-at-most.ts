import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { stateIn } from './failures.ts';
import { mostInAMinute } from './windows.ts';
import { handshakesIn, recordsAt } from './wire-times.ts';

const parameters = z.strictObject({
  /** Left out: every node. */
  node: nodeName.optional(),
  count: z.number().int().nonnegative(),
  /** In any minute of the trial, instead of in all. */
  perMinute: z.boolean().default(false),
});

/**
 * No node connected more often than it was told to, but for `count` times: by the handshakes seen at its interface and
 * by the states it announced. A start of its process counts as being told.
 */
export const reconnectsAtMost: Checker<z.output<typeof parameters>> = {
  name: 'reconnects-at-most',
  role: 'invariant',
  about: 'Each node, or the named one, connected of its own accord at most so many times, in all or in any minute.',
  parameters,
  judge(record, { node: only, count, perMinute }) {
    const clauses = new Clauses();
    for (const node of only === undefined ? record.nodes : [only]) {
      const records = recordsAt(record, node, clauses);
      if (records === null) continue;
      const begunMs = handshakesIn(records).map(({ beganMs }) => beganMs);
      const orderedMs = ordersToConnect(record, node);
      const announcedMs = record.entries.flatMap((entry) =>
        stateIn(entry, node) === 'reconnecting' ? [entry.atMs] : [],
      );
      const figures = `${node}: ${begunMs.length} handshakes for ${orderedMs.length} orders to connect, ${announcedMs.length} losses announced`;
      const own = perMinute
        ? Math.max(mostInAMinute(unordered(begunMs, orderedMs)), mostInAMinute(announcedMs))
        : Math.max(begunMs.length - orderedMs.length, announcedMs.length);
      const times = perMinute ? `times in a minute` : 'times';
      if (begunMs.length === 0) clauses.unknown(`no handshake of ${node} was seen`);
      else clauses.none(own > count ? [figures] : [], `nodes that reconnected more than ${count} ${times}`, figures);
    }
    return clauses.finding();
  },
};

function ordersToConnect(record: TrialRecord, node: string): readonly number[] {
  return record.entries.flatMap((entry) =>
    (entry.kind === 'invoked' && entry.op === 'connect' && entry.node === node) ||
    (entry.kind === 'process' && entry.event === 'started' && entry.target === node)
      ? [entry.atMs]
      : [],
  );
}

/** Without the first handshake after each order, which is the one that was ordered. */
function unordered(begunMs: readonly number[], orderedMs: readonly number[]): readonly number[] {
  return orderedMs.reduce((left, orderMs) => {
    const ordered = left.findIndex((beganMs) => beganMs >= orderMs);
    return ordered < 0 ? left : left.toSpliced(ordered, 1);
  }, begunMs);
}
