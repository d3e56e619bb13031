import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { disturbances, stateIn } from './failures.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ node: nodeName.optional() });

/**
 * A failed handshake leaves no session on either side: the relay has none of that device, and the node does not call
 * itself connected before it has begun another attempt.
 */
export const noSessionLeft: Checker<z.output<typeof parameters>> = {
  name: 'no-session-left',
  role: 'reaction',
  about: 'A failed handshake leaves no session, at the relay or at the node.',
  parameters,
  judge(record, { node }) {
    const clauses = new Clauses();
    const disturbed = disturbances(record, node);
    if (disturbed.length === 0) clauses.unknown('no fault was on any link');
    for (const { node: victim, failure } of disturbed) {
      if (failure === null) {
        clauses.unknown(`${victim} reported no failed handshake`);
        continue;
      }
      const seen = witnessesOf(record, 'pending-handshakes').filter(
        ({ entry, value }) => value.node === victim && entry.index > failure.index,
      );
      if (seen.length === 0) clauses.unknown(`nobody looked at the relay’s sessions after a failure of ${victim}`);
      else {
        const left = seen.every(({ value }) => value.sessions > 0);
        clauses.none(
          left ? [`${seen.at(-1)!.value.sessions} sessions of ${victim} at the relay after its failure`] : [],
          'sessions left at the relay',
          `no session of ${victim} at the relay`,
        );
      }
      const next = record.entries
        .filter((entry) => entry.index > failure.index)
        .map((entry) => stateIn(entry, victim))
        .find((state) => state !== null && ['connecting', 'handshaking', 'connected', 'degraded'].includes(state));
      const isZombie = next === 'connected' || next === 'degraded';
      clauses.none(
        isZombie ? [`${victim} became ${next} without another attempt`] : [],
        'sessions left at a node',
        `${victim} started again`,
      );
    }
    return clauses.finding();
  },
};
