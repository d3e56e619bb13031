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
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  node: nodeNames,
  /** Of what the node was missing. */
  times: z.number().positive(),
  /** Beside it. */
  plus: byteCount.default(0),
  /** Counted from the start of the load, or from when the node’s data had been set back: then its own items count too. */
  since: z.enum(['load', 'set-back']).default('load'),
});

/**
 * From the start of the load, or its return with old data, on each node pulled little more than the items and tombstones
 * that it did not have then: the records of its pages, counted on its own wire.
 */
export const pulledBytesAtMost: Checker<z.output<typeof parameters>> = {
  name: 'pulled-bytes-at-most',
  role: 'reaction',
  about:
    'From the start of the load, or a return with old data, on the pages that a node pulled hold little more than what it was missing.',
  parameters,
  judge(record, { node: nodes, times, plus, since }) {
    const clauses = new Clauses();
    for (const node of nodes) {
      const start = since === 'load' ? startOfLoad(record, node) : returnOf(record, node);
      if (start === null) {
        clauses.unknown(since === 'load' ? 'the load never began' : `nobody knows where ${node} was set back to`);
        continue;
      }
      const { startMs, missing } = start;
      const seen = recordsSeen(record, node, 'down', clauses)?.filter(({ lastMs }) => lastMs >= startMs);
      if (seen === undefined) continue;
      if (seen.every(({ messages }) => messages === null)) {
        clauses.unknown(`the capture at ${node} was not opened`);
        continue;
      }
      const pulled = pageBytes(seen);
      const most = Math.floor(missing * times + plus);
      const figures = `${node} pulled ${pulled} bytes for ${missing} that it was missing`;
      if (pulled <= most) clauses.holds(figures);
      else clauses.broken(`${figures}, at most ${most} expected`);
    }
    return clauses.finding();
  },
};

interface Start {
  readonly startMs: number;
  /** Bytes that the node did not have then. */
  readonly missing: number;
}

/** Sealed sizes; of a tombstone what sealing adds, which is less than it has. */
function startOfLoad(record: TrialRecord, node: string): Start | null {
  const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs;
  if (startMs === undefined) return null;
  const { pushes, deletions } = ledgerOf(record);
  const items = pushes.filter((push) => push.node !== node && push.part !== 'seed' && push.item !== null);
  const tombstones = deletions.filter((deletion) => deletion.node !== node && deletion.outcome === 'accepted');
  const bodies = items.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return { startMs, missing: bodies + (items.length + tombstones.length) * blobOverheadBytes };
}

/** What others held beyond the node’s cursor when it came back: what was pushed before. */
function returnOf(record: TrialRecord, node: string): Start | null {
  const back = witnessesOf(record, 'set-back').findLast(({ value }) => value.node === node);
  const cursor = back?.value.cursor ?? null;
  if (back === undefined || cursor === null) return null;
  const { accepted, facts } = ledgerOf(record);
  const items = [...accepted].filter(
    ([item, { invoked }]) =>
      invoked.index < back.entry.index && [...(facts.get(item)?.cursors ?? [])].some((one) => one > cursor),
  );
  const bodies = items.reduce((sum, [, { bytes }]) => sum + (bytes ?? 0), 0);
  return { startMs: back.entry.atMs, missing: bodies + items.length * blobOverheadBytes };
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
