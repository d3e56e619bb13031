import { CodePlaces } from './event-log.ts';

/** The error classes a crash report may name; every other is `other`. */
export const errorClasses = [
  'Error',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'EnvironmentError',
  'ScenarioError',
  'NodeError',
  'StorageError',
  'MessageError',
  'ChannelError',
  'other',
] as const;
export type ErrorClass = (typeof errorClasses)[number];

/** The fields of a `crash` event, for a log's table. */
export const crashFields = { error: errorClasses, at: 'places' } as const;

export interface CrashReport {
  readonly error: ErrorClass;
  readonly at: CodePlaces;
}

/** What may be said of any thrown value: its class and where our code was, never its text. */
export function crashReportOf(thrown: unknown): CrashReport {
  const name = thrown instanceof Error ? thrown.name : 'other';
  return { error: errorClasses.find((known) => known === name) ?? 'other', at: CodePlaces.of(thrown) };
}

/** From now on whatever nobody caught is reported and ends the process with 1, in place of Node's own printout. */
export function reportCrashes(report: (crash: CrashReport) => void): void {
  const crash = (thrown: unknown): void => {
    report(crashReportOf(thrown));
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
