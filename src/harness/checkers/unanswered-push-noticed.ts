import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import { absencesOf } from './absences.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { ledgerOf, loadPushes } from './ledger.ts';

const parameters = z.strictObject({ node: nodeName, withinMs: z.number().int().positive() });

/**
 * The node's first push of the load went out on a dead connection: the node left “connected” within `withinMs` of being
 * asked for it, or had left it before, and the item was acknowledged on another connection.
 */
export const unansweredPushNoticed: Checker<z.output<typeof parameters>> = {
  name: 'unanswered-push-noticed',
  role: 'reaction',
  about: 'A node whose push went out on a dead connection noticed it so soon, and the item arrived on another.',
  parameters,
  judge(record, { node, withinMs }) {
    const clauses = new Clauses();
    const push = loadPushes(ledgerOf(record)).find((one) => one.node === node);
    const absences = absencesOf(record, node);
    if (push === undefined || absences === null) {
      clauses.unknown(`${node} was asked for no push, or announced no state`);
      return clauses.finding();
    }
    const askedMs = push.invoked.atMs;
    const absence = absences.find(({ toMs }) => toMs === null || toMs > askedMs);
    const tookMs = absence === undefined ? null : Math.round(absence.fromMs - askedMs);
    if (tookMs !== null && tookMs < 0) clauses.holds(`${node} had noticed before it was asked for its push`);
    else {
      const figures = `${node} left connected ${tookMs ?? 'no'} ms after it was asked for its push`;
      const late = tookMs !== null && tookMs <= withinMs ? [] : [figures];
      judgeTiming(
        record,
        clauses,
        withinMs,
        late,
        `pushes on a dead connection not noticed within ${withinMs} ms`,
        figures,
      );
    }
    const backMs = absence?.toMs ?? null;
    const acked = entriesOf(record.entries, 'event').find(
      ({ node: from, event }) => from === node && event.event === 'acked' && event.item === push.item,
    );
    if (acked !== undefined && backMs !== null && acked.atMs >= backMs)
      clauses.holds('acknowledged on another connection');
    else clauses.broken(`the push of ${node} was not acknowledged on another connection`);
    return clauses.finding();
  },
};
