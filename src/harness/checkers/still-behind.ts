import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf, loadPushes } from './ledger.ts';
import { armedWindows, isWithin } from './windows.ts';

const parameters = z.strictObject({ node: nodeName, byMs: z.number().int().positive() });

/**
 * When the relay had acknowledged the last push that others made while a fault was on, the node was still at least so
 * long from having it all. What never came tells nothing about how long.
 */
export const stillBehind: Checker<z.output<typeof parameters>> = {
  name: 'still-behind',
  role: 'proof',
  about: 'When all that others pushed under a fault was acknowledged, the node still had so long to go to have it all.',
  parameters,
  judge(record, { node, byMs }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    const pushed = loadPushes(ledgerOf(record)).filter(
      (push) =>
        push.node !== node && push.item !== null && windows.some((window) => isWithin(window, push.invoked.atMs)),
    );
    const items = new Set(pushed.map(({ item }) => item));
    const timesOf = (name: 'acked' | 'received') =>
      entriesOf(record.entries, 'event').flatMap((entry) =>
        entry.event.event === name && items.has(entry.event.item) && (name === 'acked' || entry.node === node)
          ? [entry.atMs]
          : [],
      );
    const [acked, received] = [timesOf('acked'), timesOf('received')];
    const behindMs = Math.round(Math.max(...received) - Math.max(...acked));
    if (items.size === 0) clauses.broken('nothing was pushed while a fault was on');
    else if (acked.length < items.size) clauses.broken(`${acked.length} of ${items.size} pushes were acknowledged`);
    else if (received.length < items.size) clauses.broken(`${received.length} of ${items.size} items reached ${node}`);
    else if (behindMs >= byMs) clauses.holds(`${node} was ${behindMs} ms behind the last acknowledgement`);
    else clauses.broken(`${node} was ${behindMs} ms behind the last acknowledgement, expected ${byMs}`);
    return clauses.finding();
  },
};
