import type { Missing } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';

/** Why a part of the evidence is not there; a missing part takes everything below it with it. */
export function missingPart(record: TrialRecord, part: string): Missing | null {
  return (
    record.collected.missing.find((missing) => part === missing.part || part.startsWith(`${missing.part}.`)) ?? null
  );
}

/**
 * Judges the absence of a part: the clause is not run where the system cannot give it by design, else it is unknown.
 * `clause` completes both "not run: …" and "cannot tell …".
 */
export function judgeAbsence(record: TrialRecord, clauses: Clauses, part: string, clause: string): void {
  const missing = missingPart(record, part);
  if (missing === null) clauses.unknown(`${clause}: ${part} was not collected`);
  else if (missing.byDesign) clauses.notRun(`${clause} (${missing.because})`);
  else clauses.unknown(`${clause}: ${part} is missing (${missing.because})`);
}
