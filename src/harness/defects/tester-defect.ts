import type { Checker } from '../checkers/checker.ts';
import type { Mutation } from '../checkers/mutations.ts';
import { checkers } from '../checkers/registry.ts';
import type { TrialRecord } from '../history/trial-record.ts';

/** The tester, wrong on purpose in one place: what `prove` runs beside the sound tester on the same record. */
export interface TesterDefect {
  readonly name: string;
  /** What is wrong with the tester, in one sentence. */
  readonly about: string;
  /** The check that does not see with it. */
  readonly blinds: string;
  /** The state that shows it where the true state does not. */
  readonly shownOn: Mutation;
  /** The check as the wrong tester would make it. */
  wrap(sound: Checker): Checker;
}

export interface TesterDefectResult {
  readonly verdict: 'caught' | 'missed' | 'not-run';
  readonly because: string;
}

/**
 * Runs one defect of the tester on the record of a trial that the sound tester finds valid. It is caught when the check
 * it blinds answers `unknown` on the true state, because a positive control is missing, or stays `valid` on a mutated
 * state that the sound check does not accept.
 */
export function judgeDefect(
  defect: TesterDefect,
  record: TrialRecord,
  known: Readonly<Record<string, Checker>> = checkers,
): TesterDefectResult {
  const sound = known[defect.blinds];
  if (sound === undefined) return { verdict: 'missed', because: `no check is called ${defect.blinds}` };
  const blind = defect.wrap(sound);
  const truth = sound.judge(record, {});
  if (truth.verdict !== 'valid') {
    return { verdict: 'not-run', because: `the sound ${sound.name} is ${truth.verdict} here: ${truth.because}` };
  }
  const onTruth = blind.judge(record, {});
  if (onTruth.verdict === 'unknown') return { verdict: 'caught', because: onTruth.because };

  const mutated = defect.shownOn.mutate(record);
  if (mutated === null) return { verdict: 'not-run', because: `${defect.shownOn.name} does not apply to this record` };
  const soundSays = sound.judge(mutated, {});
  const blindSays = blind.judge(mutated, {});
  const told = `${defect.shownOn.name}: sound ${soundSays.verdict}, blind ${blindSays.verdict}`;
  return soundSays.verdict !== 'valid' && blindSays.verdict === 'valid'
    ? { verdict: 'caught', because: `${told} (${soundSays.because})` }
    : { verdict: 'missed', because: told };
}
