import { type EntryOf, entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { isLoad } from './ledger.ts';

/** One operation that the load asked of a node. */
export interface LoadOperation {
  readonly invoked: EntryOf<'invoked'>;
  /** Null: the node gave none. */
  readonly answered: EntryOf<'answered'> | null;
  /** How long the answer took, or the tester waited for it. */
  readonly waitedMs: number;
}

/** The code under which the tester writes down that it stopped waiting. */
const noAnswer = 'NO_ANSWER';

/** The operations of the load's own steps, in order; of one node where it is given. */
export function loadOperations(record: TrialRecord, node?: string): readonly LoadOperation[] {
  const answers = new Map(entriesOf(record.entries, 'answered').map((answer) => [answer.operation, answer]));
  const endMs = record.entries.at(-1)?.atMs ?? 0;
  return entriesOf(record.entries, 'invoked')
    .filter((invoked) => isLoad(invoked.part) && (node === undefined || invoked.node === node))
    .filter(({ operation }) => answers.get(operation)?.outcome !== 'unsupported')
    .map((invoked) => {
      const answer = answers.get(invoked.operation) ?? null;
      return {
        invoked,
        answered: answer?.code === noAnswer ? null : answer,
        waitedMs: (answer?.atMs ?? endMs) - invoked.atMs,
      };
    });
}

/** Wall clock: from the end of a process by the scenario's order to the start of the next, or to the end of time. */
export function downTimes(record: TrialRecord, target: string): readonly { fromMs: number; toMs: number }[] {
  const events = entriesOf(record.entries, 'process').filter((entry) => entry.target === target);
  return events
    .filter(({ event }) => event === 'killed' || event === 'stopped')
    .map(({ index, atMs }) => {
      const started = events.find((entry) => entry.index > index && entry.event === 'started');
      return { fromMs: atMs, toMs: started?.atMs ?? Number.POSITIVE_INFINITY };
    });
}
