import { appendFileSync, existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EnvironmentError, messageOf, ScenarioError } from '../../support/errors.ts';
import type { Baseline } from '../history/baseline.ts';
import type { IterationResult, RunResult } from '../runner/results.ts';
import type {
  FinishedLine,
  HistoryLine,
  IterationLine,
  ResumedLine,
  StartedLine,
  StoredRecord,
} from './history-file.ts';
import { type JsonLine, jsonLineAt, jsonLinesOf, wholeLinesBytes } from './json-lines.ts';
import { unfinishedResult } from './unfinished-result.ts';

export const historyFileName = 'history.jsonl';

/** The line that every run's folder carries. */
export const holdsLine =
  'This folder holds the record of one test run. Every key, name and payload in it was generated for that run.';

/** `reports/<run-id>/`, for its owner's eyes alone. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the folder with mode 0700; one that cannot be made is an `EnvironmentError`, a place that can hold none a
   * `ScenarioError`.
   */
  static create(reportsFolder: string, runId: string): RunFolder {
    const folder = new RunFolder(join(reportsFolder, runId));
    expectFolder(reportsFolder);
    explained(`making the run's folder ${folder.path}`, reportsFolder, () => mkdirSync(folder.path, { mode: 0o700 }));
    folder.write('README.txt', `${holdsLine}\n`);
    return folder;
  }

  /** The folder of a run that goes on. What its killed writer left of a last line goes: the next must not join it. */
  static reopen(path: string): RunFolder {
    const folder = new RunFolder(path);
    const history = join(path, historyFileName);
    explained(`reopening ${history}`, path, () => truncateSync(history, wholeLinesBytes(history)));
    return folder;
  }

  write(name: string, text: string): void {
    const path = join(this.path, name);
    explained(`writing ${path}`, this.path, () => writeFileSync(path, text, { mode: 0o600 }));
  }

  /** Adds text at the end of a file in one write, so that a run that is killed leaves whole lines behind it. */
  append(name: string, text: string): void {
    const path = join(this.path, name);
    explained(`writing ${path}`, this.path, () => appendFileSync(path, text, { mode: 0o600 }));
  }
}

/** A run as its folder tells it. */
export interface StoredRun {
  readonly started: StartedLine;
  /** Where the last process to work on it began; null: it was never resumed. */
  readonly lastPart: ResumedLine | null;
  readonly result: RunResult;
  /** False for a run that was killed or interrupted: its result is what had finished by then. */
  readonly finished: boolean;
  /** In the order of the plan, whichever finished first. */
  readonly iterations: readonly StoredIteration[];
}

export interface StoredIteration {
  readonly scenario: string;
  readonly iteration: IterationResult;
  /** Read from the file each time they are asked for: all of a long run's do not fit into memory. */
  readonly records: readonly StoredRecord[];
}

/** Reads a run's folder. A torn last line is left out; anything else that is wrong is an `EnvironmentError`. */
export function readRun(folder: string): StoredRun {
  const path = join(folder, historyFileName);
  let started: StartedLine | null = null;
  let finished: FinishedLine | null = null;
  let lastPart: ResumedLine | null = null;
  const iterations: StoredIteration[] = [];
  for (const line of jsonLinesOf(path)) {
    const value = expectHistoryLine(path, line.value);
    if (value.kind === 'started') started = value;
    else if (value.kind === 'iteration') iterations.push(storedIteration(path, line, value));
    else if (value.kind === 'finished') finished = value;
    else {
      finished = null;
      lastPart = value;
    }
  }
  if (started === null) {
    throw new EnvironmentError(`reading ${path}: expected a line that tells of a run's start, got none`);
  }
  const ordered = inOrder(started, iterations);
  const of = (id: string) => ordered.filter(({ scenario }) => scenario === id).map(({ iteration }) => iteration);
  const result =
    finished === null ? unfinishedResult(started, of, baselineIn(ordered)) : finishedResult(started, finished, of);
  return { started, lastPart, result, finished: finished !== null, iterations: ordered };
}

/** A run that ended too early says it in its records alone. */
function baselineIn(iterations: readonly StoredIteration[]): Baseline | null {
  return iterations.flatMap(({ records }) => records)[0]?.record.baseline ?? null;
}

/** The outline of a line; a tester that wrote it wrote the rest of it in the same go. */
function expectHistoryLine(path: string, value: unknown): HistoryLine {
  const { kind, start, resumed, catalogue, iteration, records, result } = (value ?? {}) as Record<string, unknown>;
  const isWhole =
    (kind === 'started' && isObject(start) && Array.isArray(catalogue)) ||
    (kind === 'resumed' && isObject(resumed)) ||
    (kind === 'iteration' && isObject(iteration) && Array.isArray(iteration.trials) && Array.isArray(records)) ||
    (kind === 'finished' && isObject(result) && Array.isArray(result.scenarios));
  if (isWhole) return value as HistoryLine;
  throw new EnvironmentError(
    `reading ${path}: expected lines of the kinds started, resumed, iteration and finished, got another; it was damaged, or is of another version`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function inOrder({ start }: StartedLine, iterations: readonly StoredIteration[]): StoredIteration[] {
  const places = new Map(start.scenarios.map(({ id }, place) => [id, place]));
  const placeOf = ({ scenario }: StoredIteration) => places.get(scenario) ?? places.size;
  return iterations.toSorted(
    (one, other) => placeOf(one) - placeOf(other) || one.iteration.index - other.iteration.index,
  );
}

function storedIteration(path: string, place: JsonLine, { scenario, iteration }: IterationLine): StoredIteration {
  const { offset, bytes } = place;
  return {
    scenario,
    iteration,
    get records() {
      return (jsonLineAt(path, { offset, bytes }) as IterationLine).records;
    },
  };
}

function finishedResult(
  { start }: StartedLine,
  { result }: FinishedLine,
  of: (id: string) => readonly IterationResult[],
): RunResult {
  return {
    ...result,
    // Results of older runs do not name them; what was asked for does.
    defects: result.defects ?? start.request?.settings.defects ?? [],
    scenarios: result.scenarios.map((scenario) => ({ ...scenario, iterations: of(scenario.id) })),
  };
}

function expectFolder(reports: string): void {
  try {
    makeFolders(resolve(reports));
  } catch (error) {
    throw new ScenarioError(
      `--reports: expected a folder, or a place for one, got "${reports}"; ${messageOf(error)}; name a folder that this user may write to`,
    );
  }
}

/** One by one, not `recursive`: where nothing can be made, as below /proc, Node 24 goes on trying for ever. */
function makeFolders(path: string): void {
  if (!existsSync(path)) {
    makeFolders(dirname(path));
    try {
      mkdirSync(path);
    } catch (error) {
      // Another run may have made it just now.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  if (!statSync(path).isDirectory()) throw new Error(`"${path}" is none`);
}

function explained(doing: string, folder: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new EnvironmentError(
      `${doing}: ${messageOf(error)}; make sure that ${folder} is a folder this user may write to, with space left`,
      { cause: error },
    );
  }
}
