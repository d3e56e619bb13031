import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { isLoad } from './ledger.ts';
import { armedWindows, isWithin } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** What the node was told to wait for the relay at most. */
  limitMs: z.number().int().positive(),
  toleranceMs: z.number().int().positive(),
});

/**
 * Each push that was made while the fault was on is answered when its limit is over, neither sooner nor later: the relay
 * did not acknowledge it in time, the node says that it may still go, and has it in its outbox.
 *
 * The class of the failure shows in when it comes: an answer that is retryable for another reason comes sooner.
 */
export const timesOut: Checker<z.output<typeof parameters>> = {
  name: 'times-out',
  role: 'reaction',
  about: 'A push that does not get through is answered when its limit is over: retryable, and still in the outbox.',
  parameters,
  judge(record, { node, limitMs, toleranceMs }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    const pushes = entriesOf(record.entries, 'invoked').filter(
      (entry) =>
        entry.op === 'push' &&
        entry.node === node &&
        isLoad(entry.part) &&
        windows.some((one) => isWithin(one, entry.atMs)),
    );
    if (pushes.length === 0) clauses.unknown(`${node} was asked for no push while a fault was on`);
    const answers = new Map(entriesOf(record.entries, 'answered').map((answer) => [answer.operation, answer]));
    const outbox = witnessesOf(record, 'outbox-after-retryable').filter(({ value }) => value.node === node);
    for (const { operation, atMs } of pushes) {
      const answer = answers.get(operation);
      if (answer?.retryable !== true) {
        clauses.broken(`push ${operation} of ${node} ended ${answer?.outcome ?? 'without an answer'}, not retryable`);
        continue;
      }
      const held = outbox.find(({ value }) => value.item === answer.item);
      if (held === undefined) clauses.unknown(`nobody looked into the outbox of ${node} after push ${operation}`);
      else if (!held.value.present) clauses.broken(`push ${operation} of ${node} is not in the outbox any more`);
      const tookMs = Math.round(answer.atMs - atMs);
      const figures = `push ${operation} of ${node} answered retryable after ${tookMs} ms, its limit is ${limitMs} ms`;
      if (tookMs < limitMs - toleranceMs) clauses.broken(`${figures}: too soon`);
      else {
        const late = tookMs > limitMs + toleranceMs ? [figures] : [];
        judgeTiming(record, clauses, toleranceMs, late, 'answers that came too late', figures);
      }
    }
    return clauses.finding();
  },
};
