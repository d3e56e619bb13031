import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { isLoad } from './ledger.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  withinMs: z.number().int().positive(),
  /** Ends that are not ok; left out: as many as there are. */
  retryableMax: z.number().int().nonnegative().optional(),
});

/** A node’s answer travels to the tester before it is written down. */
const answerMs = 1_000;

/**
 * Each push and deletion of the load ends in one of exactly two ways within `withinMs`: ok, or marked retryable with
 * the item still in the outbox. A call without an answer ended in neither.
 *
 * Not checked: that the item arrives later (`no-data-loss`); operations other than push and deletion, which hold no
 * item.
 */
export const endsOkOrRetryable: Checker<z.output<typeof parameters>> = {
  name: 'ends-ok-or-retryable',
  role: 'invariant',
  about: 'Each push of the load ends in time: ok, or retryable with the item still in the outbox.',
  parameters,
  judge(record, { withinMs, retryableMax }) {
    const clauses = new Clauses();
    const answers = new Map(entriesOf(record.entries, 'answered').map((answer) => [answer.operation, answer]));
    const invoked = entriesOf(record.entries, 'invoked').filter(
      ({ op, part }) => (op === 'push' || op === 'delete') && isLoad(part),
    );
    if (invoked.length === 0) clauses.unknown('the load held no push');
    const outbox = witnessesOf(record, 'outbox-after-retryable');
    const neither: string[] = [];
    const dropped: string[] = [];
    const late: string[] = [];
    const retried: string[] = [];
    for (const { operation, node, op, atMs, item: target } of invoked) {
      const answer = answers.get(operation);
      if (answer?.outcome === 'unsupported') continue;
      if (answer === undefined || (answer.outcome !== 'ok' && answer.retryable !== true)) {
        neither.push(`${op} ${operation} of ${node}: ${answer?.code ?? answer?.outcome ?? 'no answer'}`);
        continue;
      }
      const tookMs = answer.atMs - atMs;
      if (tookMs > withinMs + answerMs) late.push(`${op} ${operation} of ${node} took ${Math.round(tookMs)} ms`);
      if (answer.retryable !== true) continue;
      retried.push(`${op} ${operation} of ${node}`);
      const item = answer.item ?? target;
      const seen = outbox.find(({ value }) => value.node === node && value.item === item);
      if (seen === undefined) clauses.unknown(`nobody looked into the outbox of ${node} after a retryable end`);
      else if (!seen.value.present) dropped.push(`${item} of ${node} ended retryable and is not in the outbox`);
    }
    clauses.none(
      neither,
      'operations that ended neither ok nor retryable',
      `${invoked.length} operations, ${retried.length} retryable`,
    );
    if (retryableMax !== undefined && retried.length > retryableMax) {
      clauses.broken(`${retried.length} operations ended retryable, expected at most ${retryableMax}`, retried);
    }
    clauses.none(dropped, 'retryable items not in the outbox', 'retryable items in the outbox');
    judgeTiming(record, clauses, withinMs, late, 'operations that took too long', `each within ${withinMs} ms`);
    return clauses.finding();
  },
};
