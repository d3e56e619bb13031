import type { Collected } from '../history/collected.ts';
import { entriesText, type TrialRecord } from '../history/trial-record.ts';
import type { IterationResult, Reporter, RunResult, RunStart, ScenarioResult, TrialResult } from '../runner/results.ts';
import { historyFileName, holdsLine, type RunFolder, type StoredIteration } from './run-folder.ts';

/** One line of `history.jsonl`. Nothing else is needed to judge a run again or to draw its report. */
export type HistoryLine = StartedLine | ResumedLine | IterationLine | FinishedLine;

/** The first line. */
export interface StartedLine {
  readonly kind: 'started';
  readonly holds: string;
  readonly start: RunStart;
  readonly about: AboutRun;
  readonly catalogue: readonly CatalogueEntry[];
}

/** From here on another process went on with a run that was killed. */
export interface ResumedLine {
  readonly kind: 'resumed';
  readonly at: string;
  readonly process: RunStart['process'];
  readonly resumed: NonNullable<RunStart['resumed']>;
}

/** What is known of a run before it starts. */
export type AboutRun = Pick<RunResult, 'version' | 'system' | 'startedAt'>;

export interface IterationLine {
  readonly kind: 'iteration';
  readonly scenario: string;
  readonly iteration: IterationResult;
  /** Of the trials that came to a record, in their order. */
  readonly records: readonly StoredRecord[];
}

/** The last line of a run, or of a part of one; one that was killed or interrupted has none. */
export interface FinishedLine {
  readonly kind: 'finished';
  readonly result: Omit<RunResult, 'scenarios'> & { readonly scenarios: readonly Omit<ScenarioResult, 'iterations'>[] };
}

export interface StoredRecord {
  /** True when parts of the collected evidence gave way to digests. */
  readonly reduced: boolean;
  readonly record: TrialRecord;
}

/** A scenario of the catalogue, and whether it is built. */
export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly built: boolean;
}

export interface HistoryFileOptions {
  readonly folder: RunFolder;
  readonly about: AboutRun;
  readonly catalogue: readonly CatalogueEntry[];
  /** Makes the evidence of a passing trial small; null keeps all of it. */
  readonly reduce: ((collected: Collected) => Collected) | null;
}

/** A `StoredRecord` as JSON: what is kept of a trial. */
export function storedText(trial: TrialResult, record: TrialRecord, reduce: HistoryFileOptions['reduce']): string {
  const isReduced = trial.verdict === 'pass' && reduce !== null;
  const { entries: _told, collected, ...about } = record;
  const kept = JSON.stringify(isReduced ? reduce(collected) : collected);
  const told = `${JSON.stringify(about).slice(0, -1)},"entries":${entriesText(record)},"collected":${kept}}`;
  return `{"reduced":${isReduced},"record":${told}}`;
}

/** Adds iterations of other runs, with their records as they are. */
export function appendIterations(folder: RunFolder, iterations: readonly StoredIteration[]): void {
  for (const { scenario, iteration, records } of iterations) {
    folder.append(historyFileName, `${JSON.stringify({ kind: 'iteration', scenario, iteration, records })}\n`);
  }
}

/** Writes `history.jsonl`: append-only, one line per finished iteration, so that a killed run loses one at most. */
export function historyFile(options: HistoryFileOptions): Reporter {
  const { folder, about, catalogue, reduce } = options;
  const add = (line: HistoryLine) => folder.append(historyFileName, `${JSON.stringify(line)}\n`);
  // Keyed by result: an attempt that ended in `error` and was run again is not among its iteration's trials.
  const running = new Map<string, Map<TrialResult, string>>();
  const keep = (scenario: string, index: number, trial: TrialResult, text: string) => {
    const key = `${scenario}/${index}`;
    const texts = running.get(key) ?? new Map<TrialResult, string>();
    running.set(key, texts.set(trial, text));
  };

  return {
    runStarted: (start) => {
      const { resumed, process } = start;
      if (resumed === null) add({ kind: 'started', holds: holdsLine, start, about, catalogue });
      else add({ kind: 'resumed', at: about.startedAt, process, resumed });
    },
    trialFinished: (scenario, index, trial, record) => {
      keep(scenario, index, trial, storedText(trial, record, reduce));
    },
    trialStored: keep,
    iterationFinished: (scenario, iteration) => {
      const key = `${scenario}/${iteration.index}`;
      const texts = running.get(key);
      running.delete(key);
      const records = iteration.trials.flatMap((trial) => texts?.get(trial) ?? []);
      const told = JSON.stringify({ kind: 'iteration', scenario, iteration });
      folder.append(historyFileName, `${told.slice(0, -1)},"records":[${records.join(',')}]}\n`);
    },
    runFinished: (result) => {
      const scenarios = result.scenarios.map(({ iterations: _stored, ...scenario }) => scenario);
      add({ kind: 'finished', result: { ...result, scenarios } });
    },
  };
}
