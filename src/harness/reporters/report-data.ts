import type { NamedFinding } from '../checkers/checker.ts';
import type { KillRow, RunVerdict } from '../runner/results.ts';

/** What the page `report.html` is given, with every text ready to be shown. The page's scripts know nothing else. */
export interface ReportData {
  readonly run: string;
  /** Of relay-chaos. */
  readonly version: string;
  readonly title: string;
  readonly verdict: RunVerdict;
  readonly disarmed: boolean;
  /** What limits how the result may be read. */
  readonly remarks: readonly string[];
  /** Label and value, for the head of the page. */
  readonly about: readonly (readonly [label: string, value: string])[];
  /** What the arena found out about itself. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly counts: readonly (readonly [verdict: RunVerdict, count: number])[];
  readonly categories: readonly CategoryView[];
  readonly scenarios: readonly ScenarioView[];
  readonly killMatrix: readonly KillView[] | null;
  readonly killCount: string;
}

export interface CategoryView {
  readonly name: string;
  readonly built: number;
  readonly rows: readonly { readonly id: string; readonly name: string; readonly built: boolean }[];
}

export interface ScenarioView {
  readonly id: string;
  readonly name: string;
  readonly why: string;
  readonly topology: string;
  readonly verdict: RunVerdict;
  readonly because: string;
  readonly passed: string;
  readonly bound: string;
  readonly time: string;
  readonly notRun: readonly { readonly variant: string; readonly because: string }[];
  readonly iterations: readonly IterationView[];
}

export interface IterationView {
  readonly index: number;
  readonly variant: string;
  readonly verdict: RunVerdict;
  readonly because: string;
  readonly time: string;
  readonly startedAt: string;
  readonly digest: string;
  readonly errors: readonly string[];
  readonly trials: readonly TrialView[];
}

export interface TrialView {
  readonly variant: string;
  readonly verdict: RunVerdict;
  readonly because: string;
  readonly advice: string | null;
  readonly seed: string;
  readonly repro: string;
  readonly time: string;
  readonly deciding: readonly string[];
  /** Null where the page would have become too large. */
  readonly findings: readonly NamedFinding[] | null;
  /** Null where there is no record, or the page would have become too large. */
  readonly timeline: Timeline | null;
}

export type KillView = Pick<KillRow, 'defect' | 'scenario' | 'arena' | 'expected' | 'verdict' | 'because'> & {
  readonly caught: string;
  readonly sound: string;
  readonly red: string;
};

/** One trial over time. Times are milliseconds since its first entry; lanes are indexes into `lanes`. */
export interface Timeline {
  readonly spanMs: number;
  readonly lanes: readonly string[];
  readonly phases: readonly (readonly [name: string, fromMs: number, toMs: number])[];
  readonly windows: readonly FaultWindowView[];
  readonly states: readonly (readonly [lane: number, state: string, fromMs: number, toMs: number])[];
  readonly operations: readonly OperationView[];
  readonly marks: readonly (readonly [lane: number, kind: MarkKind, atMs: number, text: string])[];
  /** Operations and marks that are not among these, to keep the page small. */
  readonly leftOut: number;
  readonly curves: readonly Curve[];
  /** Before and after the trial: `relay memory`, `71.0 MB → 73.4 MB`. */
  readonly figures: readonly (readonly [label: string, value: string])[];
}

/** `acked`: the relay has it. `ok`: the node accepted it, no acknowledgement was seen. */
export type OperationEnd = 'acked' | 'ok' | 'failed' | 'unknown' | 'unsupported';

/** From the call to the relay's acknowledgement, else to the answer; null: neither came. */
export type OperationView = readonly [
  lane: number,
  op: string,
  fromMs: number,
  toMs: number | null,
  end: OperationEnd,
  part: string,
];

export type MarkKind =
  | 'received'
  | 'failure'
  | 'refused'
  | 'recovered'
  | 'cut'
  | 'process'
  | 'tap'
  | 'tester'
  | 'world';

export interface FaultWindowView {
  readonly name: string;
  readonly parameters: string;
  /** Lanes it acts on; none means all. */
  readonly lanes: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly armed: boolean;
  readonly healError: string | null;
  /** What was measured outside the system: name and value. */
  readonly witnesses: readonly (readonly [name: string, value: string])[];
}

export interface Curve {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly (readonly [atMs: number, value: number])[];
}
