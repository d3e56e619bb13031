import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { isLoad, ledgerOf } from './ledger.ts';
import { countOf } from './traffic.ts';
import { recordsAt } from './wire-times.ts';

const parameters = z.strictObject({ node: nodeName });

/** From the start of the load on the relay told the node once of each item that others pushed: on the node's own wire. */
export const notifiedOnce: Checker<z.output<typeof parameters>> = {
  name: 'notified-once',
  role: 'reaction',
  about: 'From the start of the load on the relay told a connected node once of each item that others pushed.',
  parameters,
  judge(record, { node }) {
    const clauses = new Clauses();
    const seen = recordsAt(record, node, clauses);
    if (seen === null) return clauses.finding();
    const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs;
    if (startMs === undefined) clauses.unknown('the load never began');
    else if (seen.every(({ messages }) => messages === null)) clauses.unknown(`the capture at ${node} was not opened`);
    else {
      const told = countOf(
        seen.filter(({ lastMs }) => lastMs >= startMs),
        'NOTIFY',
      );
      const { pushes } = ledgerOf(record);
      const pushed = pushes.filter((push) => push.node !== node && push.item !== null && isLoad(push.part)).length;
      const figures = `${node} was told ${told} times of ${pushed} items`;
      if (told === pushed) clauses.holds(figures);
      else clauses.broken(figures);
    }
    return clauses.finding();
  },
};
