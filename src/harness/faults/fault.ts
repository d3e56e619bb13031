import type { z } from 'zod';
import type { Prng } from '../../support/prng.ts';
import type { HistoryFact } from '../history/history.ts';
import type { Heal, LinkAbility, NodeName, Topology } from '../topology/topology.ts';

/** One kind of fault: what the victim suffers. The file's name is the export's name is the kind in YAML. */
export interface Fault<Parameters = unknown> {
  readonly kind: string;
  /** What the victim observes, what stays intact, how it ends. For `chaos show` and the reference table. */
  readonly about: string;
  readonly parameters: z.ZodType<Parameters>;
  /** What the arena must be able to do to links; otherwise the variant is not run. */
  readonly abilities: readonly LinkAbility[];
  /** The links it acts on, for triggers and reports. */
  linksOf(parameters: Parameters): readonly NodeName[];
  /** `iteration` counts from 0; for what goes by turns. */
  inject(topology: Topology, parameters: Parameters, prng: Prng, tell: Tell, iteration: number): Promise<Injected>;
  /** Every point the fault could strike at, as parameters of its own: what a sweep runs once each. */
  points?(parameters: Parameters): readonly Parameters[];
}

/** Writes into the trial's history what a fault does while it lasts: process events, witnesses as they are measured. */
export type Tell = (fact: Extract<HistoryFact, { kind: 'process' | 'witness' }>) => void;

export interface Injected {
  /** What was drawn or came by turns, if anything: goes into the history. */
  readonly drawn?: unknown;
  readonly heal: Heal;
  /** Values measured outside the system, taken just before healing; name → value. */
  witness?(): Promise<Readonly<Record<string, unknown>>>;
}

/** Heals several injections as one, the last first. All are tried; the first failure is passed on. */
export function healAll(heals: readonly Heal[]): Heal {
  return async () => {
    const failures: unknown[] = [];
    for (const heal of heals.toReversed()) await heal().catch((failure) => failures.push(failure));
    if (failures.length > 0) throw failures[0];
  };
}

/** Injects several parts one after another; when one fails, those before it are healed. */
export async function injectAll(parts: readonly (() => Promise<Heal>)[]): Promise<Heal> {
  const heals: Heal[] = [];
  try {
    for (const part of parts) heals.push(await part());
  } catch (error) {
    await healAll(heals)().catch(() => {}); // The first failure explains more than the second.
    throw error;
  }
  return healAll(heals);
}
