import { z } from 'zod';
import { byteCount, nodeNames } from '../../contract/parameters.ts';
import { blobOverheadBytes } from '../../contract/wire.ts';
import type { CapturedRecord } from '../history/collected.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { recordsSeen } from './traffic.ts';

const parameters = z.strictObject({
  node: nodeNames,
  /** Of what the node was missing. */
  times: z.number().positive(),
  /** Beside it. */
  plus: byteCount.default(0),
});

/**
 * From the start of the load on each node pulled little more than the others’ items and tombstones that it did not have
 * then: the records of its pages, counted on its own wire.
 */
export const pulledBytesAtMost: Checker<z.output<typeof parameters>> = {
  name: 'pulled-bytes-at-most',
  role: 'reaction',
  about: 'From the start of the load on the pages that a node pulled hold little more than what it was missing.',
  parameters,
  judge(record, { node: nodes, times, plus }) {
    const clauses = new Clauses();
    const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs;
    if (startMs === undefined) {
      clauses.unknown('the load never began');
      return clauses.finding();
    }
    for (const node of nodes) {
      const seen = recordsSeen(record, node, 'down', clauses)?.filter(({ lastMs }) => lastMs >= startMs);
      if (seen === undefined) continue;
      if (seen.every(({ messages }) => messages === null)) {
        clauses.unknown(`the capture at ${node} was not opened`);
        continue;
      }
      const missing = missingBytes(record, node);
      const pulled = pageBytes(seen);
      const most = Math.floor(missing * times + plus);
      const figures = `${node} pulled ${pulled} bytes for ${missing} that it was missing`;
      if (pulled <= most) clauses.holds(figures);
      else clauses.broken(`${figures}, at most ${most} expected`);
    }
    return clauses.finding();
  },
};

/** Sealed sizes; of a tombstone what sealing adds, which is less than it has. */
function missingBytes(record: TrialRecord, node: string): number {
  const { pushes, deletions } = ledgerOf(record);
  const items = pushes.filter((push) => push.node !== node && push.part !== 'seed' && push.item !== null);
  const tombstones = deletions.filter((deletion) => deletion.node !== node && deletion.outcome === 'accepted');
  const bodies = items.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return bodies + (items.length + tombstones.length) * blobOverheadBytes;
}

/** A page may take several records; it ends in the one that names it, and none of another message lies between. */
function pageBytes(down: readonly CapturedRecord[]): number {
  let sum = 0;
  for (const ofFlow of Map.groupBy(down, ({ flow }) => flow).values()) {
    let open = 0;
    for (const { bytes, messages } of ofFlow.toSorted((a, b) => a.index - b.index)) {
      open += bytes;
      if (messages === null || messages.length === 0) continue;
      if (messages.includes('PULL_RESPONSE')) sum += open;
      open = 0;
    }
  }
  return sum;
}
