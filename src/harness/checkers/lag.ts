import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { NamedFinding } from './checker.ts';
import type { Clauses } from './clauses.ts';

/** Share of a bound that timers may have been late before the bound cannot be judged. */
const lagShareMax = 0.1;
/** Starts what a check says that could not judge a bound for this reason. */
const machineTooBusy = 'machine too busy';
/** Below this no timer of a busy machine can be trusted. */
const lagFloorMs = 5;

/** The largest lag of timers, of the tester and beside the system, during the trial; 0 when none was written down. */
export function largestLagMs(record: TrialRecord): number {
  return Math.max(0, ...entriesOf(record.entries, 'lag').map((entry) => entry.timerLagMs));
}

/** Too late to say of something that took longer than `boundMs` that the system was at fault. */
export function isTooBusyFor(record: TrialRecord, boundMs: number): boolean {
  return largestLagMs(record) > Math.max(lagFloorMs, boundMs * lagShareMax);
}

/**
 * Judges a bound in time. What kept it is valid however busy the machine was; what missed it is unknown on a machine
 * that was too busy.
 */
export function judgeTiming(
  record: TrialRecord,
  clauses: Clauses,
  boundMs: number,
  late: readonly string[],
  what: string,
  figures: string,
): void {
  if (late.length > 0 && isTooBusyFor(record, boundMs)) {
    clauses.unknown(`${machineTooBusy} for a bound of ${boundMs} ms (timers up to ${largestLagMs(record)} ms late)`);
  } else clauses.none(late, what, figures);
}

/** One of the checks could not tell because the machine was too busy. */
export function saysTooBusy(findings: readonly NamedFinding[]): boolean {
  return findings.some(({ verdict, because }) => verdict === 'unknown' && because.includes(machineTooBusy));
}
