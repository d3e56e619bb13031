import { z } from 'zod';
import { share as shareOf } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf, loadPushes } from './ledger.ts';
import { sentPushes } from './sent-pushes.ts';

const parameters = z.strictObject({
  /** Of the pushes of the load, on all nodes together. */
  share: shareOf,
});

/**
 * What nodes sent beyond the items they had accepted is at most such a share of the load's pushes: the transport repairs
 * what a bad line loses, not the application. Counted at the nodes' own interfaces.
 */
export const pushesResentAtMost: Checker<z.output<typeof parameters>> = {
  name: 'pushes-resent-at-most',
  role: 'invariant',
  about:
    'Nodes send at most such a share of the load’s pushes again: the transport repairs losses, not the application.',
  parameters,
  judge(record, { share }) {
    const clauses = new Clauses();
    const pushes = loadPushes(ledgerOf(record)).length;
    let resent = 0;
    for (const node of record.nodes) {
      const counted = sentPushes(record, node, clauses);
      if (counted !== null) resent += Math.max(0, counted.sent - counted.accepted);
    }
    const figures = `${resent} pushes sent again of ${pushes}`;
    if (pushes === 0) clauses.unknown('the load held no push');
    else if (resent > share * pushes) clauses.broken(`${figures}, expected at most ${100 * share} %`);
    else clauses.holds(figures);
    return clauses.finding();
  },
};
