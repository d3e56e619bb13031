import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';
import { witnessesOf } from './witnesses.ts';

/** What the relay turns a connection away for when bytes did not arrive as they were sent. */
const wireCauses = ['handshake', 'bad-record', 'bad-frame', 'invalid-message'] as const;

/**
 * From before the first fault to after the last heal no node counted a frame it could not read or a record or blob that
 * did not open, and the relay turned nobody away for bytes that it could not read.
 *
 * Not checked: sessions that the relay ended after it had let them in; their nodes reconnect (`reconnects-at-most`).
 */
export const noWireErrors: Checker<Record<string, never>> = {
  name: 'no-wire-errors',
  role: 'invariant',
  about: 'Neither node nor relay met a frame that could not be read or a record that did not open.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    for (const node of record.nodes) {
      const counts = witnessesOf(record, 'wire-errors').filter(({ value }) => value.node === node);
      const [first, last] = [counts.at(0)?.value, counts.at(-1)?.value];
      if (counts.length < 2 || first === undefined || last === undefined) {
        clauses.unknown(`the counters of ${node} were not read before and after the fault`);
        continue;
      }
      const frames = last.frameErrors - first.frameErrors;
      const auth = last.authFailures - first.authFailures;
      const told = `${node}: ${frames} frame errors, ${auth} authentication failures`;
      clauses.none(frames !== 0 || auth !== 0 ? [told] : [], 'nodes that met wire errors', told);
    }
    const { stats, baseline } = record.collected.relay;
    if (stats === null || baseline === null) judgeAbsence(record, clauses, 'relay.stats', 'what the relay turned away');
    else {
      const turnedAway = wireCauses.flatMap((cause) => {
        const count = (stats.rejects[cause] ?? 0) - (baseline.rejects[cause] ?? 0);
        return count > 0 ? [`${count} for ${cause}`] : [];
      });
      clauses.none(turnedAway, 'connections turned away by the relay', 'the relay turned nobody away');
    }
    return clauses.finding();
  },
};
