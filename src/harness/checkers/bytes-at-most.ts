import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { blobOverheadBytes, handshakeDownBytes, handshakeUpBytes } from '../../contract/wire.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { recordsAt } from './wire-times.ts';

const parameters = z.strictObject({
  node: nodeNames,
  /** Of what an undisturbed run takes at least. */
  times: z.number().positive(),
});

/**
 * From the start of the load on the nodes exchanged at most so many times the bytes that an undisturbed run takes at
 * least: each sealed item once up from its author and once down to each other node, and one handshake. Counted on the
 * nodes' own wires; what an undisturbed run takes beside (envelopes, answers, heartbeats) comes out of the allowance.
 */
export const bytesAtMost: Checker<z.output<typeof parameters>> = {
  name: 'bytes-at-most',
  role: 'reaction',
  about:
    'From the start of the load on nodes exchanged at most so many times the bytes that sync without a fault takes.',
  parameters,
  judge(record, { node: nodes, times }) {
    const clauses = new Clauses();
    const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs;
    if (startMs === undefined) {
      clauses.unknown('the load never began');
      return clauses.finding();
    }
    let exchanged = 0;
    for (const node of nodes) {
      const seen = recordsAt(record, node, clauses) ?? [];
      exchanged += seen.filter(({ lastMs }) => lastMs >= startMs).reduce((sum, { bytes }) => sum + bytes, 0);
    }
    const least = nodes.reduce((sum, node) => sum + leastBytes(record, node), 0);
    const figures = `${nodes.join(' and ')} exchanged ${exchanged} bytes, ${(exchanged / least).toFixed(2)} times ${least}`;
    if (exchanged <= least * times) clauses.holds(figures);
    else clauses.broken(`${figures}, at most ${times} times expected`);
    return clauses.finding();
  },
};

/** Every item that was accepted since the seed set crosses the wire of every node once, its author's upwards. */
function leastBytes(record: TrialRecord, node: string): number {
  const { pushes } = ledgerOf(record);
  const items = pushes.filter(({ part, item }) => part !== 'seed' && item !== null);
  const bytes = items.reduce((sum, push) => sum + (push.bytes ?? 0) + blobOverheadBytes, 0);
  const connects = entriesOf(record.entries, 'invoked').some(
    (entry) => entry.node === node && entry.op === 'connect' && entry.part !== 'group',
  );
  return bytes + (connects ? handshakeUpBytes + handshakeDownBytes : 0);
}
