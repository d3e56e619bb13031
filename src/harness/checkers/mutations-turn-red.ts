import { z } from 'zod';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { converges } from './converges.ts';
import { type Mutation, mutations } from './mutations.ts';
import { noDataLoss } from './no-data-loss.ts';
import { noMetadataLeak } from './no-metadata-leak.ts';
import { noPlaintext } from './no-plaintext.ts';
import { noSilentCorruption } from './no-silent-corruption.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({ min: z.number().int().positive() });

const checked = [converges, noDataLoss, noSilentCorruption, noPlaintext, noMetadataLeak];

/**
 * The checks that are valid on the collected state are not on any copy of it that differs in one place, and each says
 * what differs. A mutation for which the state holds nothing to change is not counted.
 */
export const mutationsTurnRed: Checker<z.output<typeof parameters>> = {
  name: 'mutations-turn-red',
  role: 'proof',
  proves: ['mutated-copies'],
  about: 'Each standing check turns from valid on every copy of the collected state that was changed for it.',
  parameters,
  judge(record, { min }) {
    const clauses = new Clauses();
    if (armedWindows(record, 'mutated-copies').length === 0) {
      clauses.broken('no copy was changed');
      return clauses.finding();
    }
    const applied = mutations.flatMap((mutation) => {
      const mutated = mutation.mutate(record);
      return mutated === null ? [] : [{ mutation, problem: problemOf(mutation, record, mutated) }];
    });
    const accepted = applied.flatMap(({ problem }) => problem ?? []);
    clauses.none(
      accepted,
      'mutations that were not told',
      `${applied.length} of ${applied.length} mutations turned red`,
    );
    if (applied.length < min) clauses.broken(`${applied.length} mutations applied, expected at least ${min}`);
    return clauses.finding();
  },
};

/** Null: its check is valid on the true state, not on the changed one, and says why. */
function problemOf({ name, check }: Mutation, truth: TrialRecord, mutated: TrialRecord): string | null {
  const checker = checked.find((one) => one.name === check);
  if (checker === undefined) return `${name}: nobody runs ${check}`;
  const onTruth = checker.judge(truth, {});
  if (onTruth.verdict !== 'valid') return `${name}: ${check} is ${onTruth.verdict} on the true state`;
  const { verdict, because, witnesses = [] } = checker.judge(mutated, {});
  if (verdict === 'valid' || verdict === 'not-run') return `${name}: ${check} stays ${verdict}`;
  const isNamed = verdict === 'unknown' ? because !== onTruth.because : witnesses.length > 0;
  return isNamed ? null : `${name}: ${check} does not say what differs`;
}
