import type { Capability } from '../../contract/capabilities.ts';
import type { Checker } from '../checkers/checker.ts';
import type { Fault } from '../faults/fault.ts';
import type { ArenaName } from '../topology/topology.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { Step } from '../workload/step.ts';

/** One scenario file, read, checked and bound to the faults, steps and checkers it names. */
export interface Scenario {
  /** Path of the file, as the user would type it. */
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly why: string;
  /** The comments above the file's fields; null: none. */
  readonly comment: string | null;
  readonly topology: string;
  readonly profile: string;
  readonly iterations: number;
  /** No other iteration runs beside one of these, where time is real. */
  readonly exclusive: boolean;
  readonly tags: readonly string[];
  readonly variants: readonly Variant[];
  readonly planted: readonly Planted[];
  /** Names of defects of the tester, to be caught on a record of this scenario. */
  readonly plantedInTester: readonly string[];
  /** The trial that `chaos sweep` runs in every order of the relay's steps of one name; null: none. */
  readonly orders: { readonly step: string; readonly variant: Variant } | null;
  /** What the smoke run takes of it; null: nothing. */
  readonly smoke: { readonly iterations: number; readonly variants: readonly string[] } | null;
}

/** One way to run a scenario: what the scenario says plus what the variant adds. */
export interface Variant {
  readonly name: string;
  /** Its name in the file, which in a sweep over numbers of nodes stands for several. */
  readonly key: string;
  readonly turn: VariantTurn;
  /** The comments above its turn, its name and its fields; null: none. */
  readonly comment: string | null;
  /** One of `fifth` that runs in each iteration where they cost little: in the simulator. */
  readonly eachSimulated: boolean;
  /** Of the scenario, unless the variant has its own. */
  readonly topology: string;
  readonly profile: string;
  readonly needs: readonly Capability[];
  /** Whether the trial starts with the seed set (20 x 1 KiB from each of two nodes, converged). */
  readonly seeded: boolean;
  /** Steps between seeding and the first fault. */
  readonly prepare: readonly BoundStep[];
  readonly faults: readonly BoundFault[];
  /** Side by side. */
  readonly load: readonly Lane[];
  /** Steps after the last heal, before settling. */
  readonly afterwards: readonly BoundStep[];
  /** How often relay and nodes are looked at from the load to the last heal; null: not at all. */
  readonly observeEveryMs: number | null;
  readonly settleWithinMs: number;
  /** So many seeds a sweep runs it from; 0: it has no part in one. */
  readonly sweepSeeds: number;
  /** Beside the standing checks. */
  readonly invariants: readonly BoundCheck[];
  readonly reactions: readonly BoundCheck[];
  readonly proofs: readonly BoundCheck[];
}

/**
 * `each`: in every iteration; `rotate`: one of these an iteration, in turn; `fifth`: in every fifth iteration; `sweep`: in
 * none, only in a sweep, once or at each of its points, and without what the scenario says for all.
 */
export const variantTurns = ['each', 'rotate', 'fifth', 'sweep'] as const;
export type VariantTurn = (typeof variantTurns)[number];

/** The variant of a scenario that names none. */
export const onlyVariant = 'only';

/** Steps that follow one another. A load that is one list has one lane, `load`. */
export interface Lane {
  readonly name: string;
  /** The comment above its name; null: none. */
  readonly comment: string | null;
  readonly steps: readonly BoundStep[];
}

/** What the file itself says of an entry, for those who read it. */
export interface Written {
  /** In the file's own words, without defaults; undefined: none. */
  readonly parameters: unknown;
  /** The comments above the entry and inside it; null: none. */
  readonly comment: string | null;
}

export interface BoundStep {
  readonly name: string;
  readonly parameters: unknown;
  readonly written: Written;
  readonly step: Step;
}

export interface BoundFault {
  readonly kind: string;
  readonly parameters: unknown;
  readonly written: Written;
  readonly fault: Fault;
  /** What sets it off; null: it is on before the first step of the load. */
  readonly when: BoundTrigger | null;
  readonly until: FaultEnd;
  /** Healed after this long at the latest. */
  readonly atMostMs: number | null;
  /** Healed after exactly this long; the load is not over before. */
  readonly forMs: number | null;
}

export interface BoundTrigger {
  readonly name: string;
  readonly parameters: unknown;
  readonly written: Written;
  readonly trigger: Trigger;
  /** Not waited for any longer. */
  readonly withinMs: number;
}

/** `load-end`: after the last load step. `first-failure`: the node of the fault's link reported a failed handshake. */
export const faultEnds = ['load-end', 'first-failure'] as const;
export type FaultEnd = (typeof faultEnds)[number];

export interface BoundCheck {
  readonly name: string;
  readonly parameters: unknown;
  readonly written: Written;
  readonly checker: Checker;
}

export interface Planted {
  readonly defect: string;
  /** The expectation that must turn the run red: a standing check or one of the scenario's own. */
  readonly caughtBy: string;
  /** Set where one arena cannot show the defect. */
  readonly except: { readonly arena: ArenaName; readonly because: string } | null;
}
