import type { NamedFinding } from '../checkers/checker.ts';
import type { Baseline } from '../history/baseline.ts';
import type { Phase } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { ArenaName } from '../topology/topology.ts';
import type { RunRequest } from './run-request.ts';

/**
 * The results of a run as they are stored (`results.json`, without the records) and handed to the reporters.
 */
export const runVerdicts = ['pass', 'fail', 'inert', 'error', 'not-run'] as const;
export type RunVerdict = (typeof runVerdicts)[number];

export interface RunResult {
  readonly run: string;
  readonly version: string;
  readonly arena: ArenaName;
  /** Why this arena: the line at the top of the run. */
  readonly arenaBecause: string;
  readonly seed: string;
  readonly disarmed: boolean;
  /** Planted in the system by `--defect`; none: what ran is the system as it is. */
  readonly defects: readonly string[];
  readonly system: { readonly name: string; readonly version: string };
  readonly startedAt: string;
  readonly durationMs: number;
  /** What the arena found out about engine, kernel and images. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What a clean network takes where the run ran; null: it judged nothing. */
  readonly baseline: Baseline | null;
  /** True when fewer variants or iterations ran than the scenario asks for before it may count as passed. */
  readonly partial: boolean;
  /** What each partial scenario is short of; absent in runs that do not know it, such as unfinished ones. */
  readonly lacks?: readonly { readonly scenario: string; readonly what: string }[];
  readonly scenarios: readonly ScenarioResult[];
  /** The shards that `merge` joined into this run; absent: it is a run of its own. */
  readonly joinedFrom?: readonly string[];
  /** Set by `prove` only. */
  readonly killMatrix: readonly KillRow[] | null;
  /** Null for a run that did not come to its end. */
  readonly usage: RunUsage | null;
}

/** Where the time of a run's workers went, in milliseconds of the wall. */
export interface RunUsage {
  /** Iterations side by side, at most: fewer after too many that had to run alone. */
  readonly workers: number;
  readonly wallMs: number;
  /** Of all workers together, in iterations. */
  readonly busyMs: number;
  /** Left empty for iterations that run alone or need several places. */
  readonly aloneMs: number;
  /** Left empty at the end, with nothing left to start. */
  readonly tailMs: number;
  /** `busyMs` as a share of all workers’ time. */
  readonly utilisation: number;
  readonly stages: { readonly opened: number; readonly most: number; readonly openingMs: number };
  readonly longest: { readonly scenario: string; readonly index: number; readonly durationMs: number } | null;
  /** What a shorter run would have to begin with, and its share of the workers' time. */
  readonly boundBy: { readonly what: RunBound; readonly share: number };
}

export type RunBound =
  | 'work'
  /** The work itself, where each piece of it had a worker. */
  | 'no-more-work'
  | 'one-iteration'
  | 'opening-stages'
  | 'running-alone'
  | 'longest-iteration'
  /** No iteration finished. */
  | 'nothing';

export interface ScenarioResult {
  readonly id: string;
  readonly name: string;
  readonly why: string;
  readonly topology: string;
  readonly verdict: RunVerdict;
  readonly because: string;
  readonly passed: number;
  readonly total: number;
  /** One-sided 95 % lower bound of the share that passes (Clopper-Pearson); null without iterations. */
  readonly lowerBound: number | null;
  /** Variants not run, with the reason. */
  readonly notRun: readonly { readonly variant: string; readonly because: string }[];
  readonly iterations: readonly IterationResult[];
}

export interface IterationResult {
  readonly index: number;
  readonly seed: string;
  /** Names of the variants run, joined by ` + `. */
  readonly variant: string;
  readonly verdict: RunVerdict;
  readonly because: string;
  /** SHA-256 over the trials' histories and evidence; in the simulator the same for the same seed. */
  readonly digest: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly trials: readonly TrialResult[];
  /** Attempts before this one that ended in `error`, with their reasons. Never a retried `fail`. */
  readonly errors: readonly string[];
}

export interface TrialResult {
  readonly variant: string;
  readonly verdict: RunVerdict;
  readonly because: string;
  /** Checks that decided it. */
  readonly deciding: readonly string[];
  readonly findings: readonly NamedFinding[];
  readonly seed: string;
  /** The line that brings it back, complete in itself. */
  readonly repro: string;
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/** One planted defect against one scenario. */
export interface KillRow {
  readonly defect: string;
  readonly scenario: string;
  readonly arena: ArenaName;
  /** The expectation named for it. */
  readonly expected: string;
  /** Iterations in which that expectation turned the run `fail`, of those run. */
  readonly caught: number;
  readonly iterations: number;
  /** Every check that went red, with how often. */
  readonly redChecks: Readonly<Record<string, number>>;
  /** The correct system on the same seeds. */
  readonly soundPassed: number;
  readonly verdict: 'caught' | 'missed' | 'sound-not-green' | 'not-run';
  readonly because: string;
}

/** What reporters are told while a run goes on. */
export interface Reporter {
  runStarted?(run: RunStart): void;
  iterationStarted?(scenario: string, index: number, variant: string): void;
  phaseStarted?(scenario: string, index: number, variant: string, phase: Phase): void;
  trialFinished?(scenario: string, index: number, trial: TrialResult, record: TrialRecord): void;
  /** In the place of `trialFinished` for a trial that ran in another thread: what is kept of its record, as JSON. */
  trialStored?(scenario: string, index: number, trial: TrialResult, text: string): void;
  iterationFinished?(scenario: string, iteration: IterationResult): void;
  scenarioFinished?(result: ScenarioResult): void;
  /** Last call; writes the files. */
  runFinished?(result: RunResult): Promise<void> | void;
  /** A visible step or remark while the run goes on. */
  note?(line: string): void;
}

export interface RunStart {
  readonly run: string;
  readonly arena: ArenaName;
  readonly arenaBecause: string;
  readonly seed: string;
  /** How many iterations run side by side, and why so many. */
  readonly workers: string;
  /** What was asked, complete; null for `prove`. */
  readonly request: RunRequest | null;
  readonly process: { readonly host: string; readonly pid: number };
  /** Set for a run that goes on: what it had finished, how long it had run, and how often it was taken up. */
  readonly resumed: { readonly iterations: number; readonly spentMs: number; readonly part: number } | null;
  readonly folder: string | null;
  readonly scenarios: readonly {
    readonly id: string;
    readonly iterations: number;
    readonly notRun: readonly string[];
  }[];
}
