import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { recordsSeen } from './traffic.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ node: nodeName });

/**
 * The relay finished a clean-up after a fault had struck, while it had no session of the node, to which it had sent
 * something before and did again after: seen at the node’s own interface.
 */
export const cleanedUpWhileAway: Checker<z.output<typeof parameters>> = {
  name: 'cleaned-up-while-away',
  role: 'proof',
  about: 'The relay finished a clean-up between the end of a node’s connection and its next one.',
  parameters,
  judge(record, { node }) {
    const clauses = new Clauses();
    const seen = recordsSeen(record, node, 'down', clauses);
    if (seen === null) return clauses.finding();
    const struckMs = Math.min(...armedWindows(record).map(({ fromMs }) => fromMs));
    const cleanUps = witnessesOf(record, 'clean-up').filter(({ entry }) => entry.atMs >= struckMs);
    const away = cleanUps.filter(({ entry: { atMs }, value: { runsBefore, runsAfter, sessions } }) => {
      const isFinished = runsAfter > runsBefore;
      const wasThere = seen.some(({ lastMs }) => lastMs < atMs);
      return isFinished && sessions[node] === 0 && wasThere && seen.some(({ firstMs }) => firstMs > atMs);
    });
    const [first] = away;
    if (first === undefined) clauses.broken(`no clean-up while ${node} was away (${cleanUps.length} after a fault)`);
    else {
      const { runsBefore, runsAfter, blobsBefore, blobsAfter } = first.value;
      clauses.holds(`clean-up ${runsBefore} to ${runsAfter} removed ${blobsBefore - blobsAfter} items`);
    }
    return clauses.finding();
  },
};
