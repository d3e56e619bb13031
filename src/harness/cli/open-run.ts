import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { ScenarioError } from '../../support/errors.ts';
import { reduceCollected } from '../evidence/keep.ts';
import type { Baseline } from '../history/baseline.ts';
import type { AboutRun, CatalogueEntry } from '../reporters/history-file.ts';
import { openReporters } from '../reporters/registry.ts';
import { RunFolder } from '../reporters/run-folder.ts';
import type { KillRow, Reporter, RunResult, RunUsage, ScenarioResult } from '../runner/results.ts';
import { type Catalogue, loadCatalogue } from '../scenario/catalogue.ts';
import { loadSystem } from '../scenario/load-system.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { Arena, StageOptions } from '../topology/topology.ts';
import type { BaselineRequest } from './baseline-of.ts';
import { chooseArena } from './choose-arena.ts';
import { exitCodes } from './exit-codes.ts';
import { knownDefects } from './known-defects.ts';
import { projectVersion } from './project.ts';
import type { SharedOptions } from './run-options.ts';

/** Everything that a command which runs trials needs, opened in one place and closed in one place. */
export interface OpenRun {
  readonly id: string;
  readonly catalogue: Catalogue;
  readonly system: SystemManifest;
  readonly arena: Arena;
  readonly arenaBecause: string;
  readonly folder: RunFolder;
  readonly reporter: Reporter;
  /** What `startedAt` and the time of earlier parts add up from. */
  readonly times: { readonly startedAt: string; readonly partStartedMs: number; readonly spentMs: number };
  readonly interrupted: () => boolean;
}

export interface RunOutcome {
  readonly scenarios: readonly ScenarioResult[];
  readonly killMatrix: readonly KillRow[] | null;
  readonly partial: boolean;
  readonly lacks: NonNullable<RunResult['lacks']>;
  readonly disarmed: boolean;
  readonly defects: readonly string[];
  /** Null: nothing was judged. */
  readonly baseline: Baseline | null;
  readonly usage: RunUsage;
}

/** A run that goes on in its folder. */
export interface ContinuedRun {
  readonly run: string;
  readonly folder: RunFolder;
  readonly startedAt: string;
  /** What its earlier parts took. */
  readonly spentMs: number;
  readonly part: number;
}

/**
 * Opens folder, reporters and arena, does the work, writes the result and closes everything, also after an interrupt.
 * Work without an outcome leaves no folder. `check` looks at what was asked for before anything is opened. Answers the
 * exit code that `work` gives, or 130.
 */
export async function withRun<Asked>(
  options: SharedOptions,
  check: (catalogue: Catalogue) => Asked,
  work: (run: OpenRun, asked: Asked) => Promise<{ outcome: RunOutcome | null; exitCode: number }>,
  continued: ContinuedRun | null = null,
): Promise<number> {
  const partStartedMs = Date.now();
  const id = continued?.run ?? runId(partStartedMs);
  const catalogue = loadCatalogue(options.scenarios, knownDefects(options.system));
  const system = loadSystem(options.system);
  const asked = check(catalogue);
  const folder = continued?.folder ?? RunFolder.create(options.reports, id);
  const discard = () => {
    if (continued === null) rmSync(folder.path, { recursive: true }); // Nothing ran: nothing is left behind.
  };
  const reporter = openReporters(options.reporter, {
    folder,
    stream: process.stdout,
    colours: !process.env.NO_COLOR,
    about: aboutRun(system, new Date(partStartedMs).toISOString()),
    catalogue: catalogueEntries(catalogue),
    reduce: options.keepEvidence ? null : reduceCollected,
  });
  const interrupt = watchInterrupt();
  const log = (line: string) => reporter.note?.(line);
  const { arena, because } = await chooseArena({
    choice: options.arena,
    system,
    // The first part's reaper may still be sweeping: what bears its name.
    runId: continued === null ? id : `${id}-${continued.part}`,
    log,
  }).catch((error: unknown) => {
    discard();
    interrupt.stopWatching();
    throw error;
  });
  try {
    const run: OpenRun = {
      id,
      catalogue,
      system,
      arena,
      arenaBecause: because,
      folder,
      reporter,
      times: {
        startedAt: continued?.startedAt ?? new Date(partStartedMs).toISOString(),
        partStartedMs,
        spentMs: continued?.spentMs ?? 0,
      },
      interrupted: () => interrupt.isSet,
    };
    const ended = await Promise.race([work(run, asked), interrupt.happened]);
    if (ended === 'interrupted') return exitCodes.interrupted;
    if (ended.outcome === null) discard();
    else await reporter.runFinished?.(resultOf(run, options.seed, ended.outcome));
    return ended.exitCode;
  } catch (error) {
    if (error instanceof ScenarioError) discard(); // What was asked for cannot be run.
    throw error;
  } finally {
    interrupt.stopWatching();
    await arena.close();
  }
}

/** For the baseline that the run judges by. */
export function baselineRequest({ arena, system, reporter }: OpenRun, image: StageOptions['image']): BaselineRequest {
  return { arena, system, image, say: (line) => reporter.note?.(line) };
}

/** Defects and hooks are parts of a test image: where there is none, the correct system would run in their name. */
export function expectTestImage({ arena, system }: OpenRun, image: StageOptions['image']): void {
  if (arena.canOf(image).includes('hooks')) return;
  throw new ScenarioError(
    `defects: expected a system that takes them, with "hooks" in the list of what it can, got image "${image}" of "${system.name}"`,
  );
}

function resultOf(run: OpenRun, seed: string, outcome: RunOutcome): RunResult {
  return {
    run: run.id,
    version: projectVersion(),
    arena: run.arena.name,
    arenaBecause: run.arenaBecause,
    seed,
    disarmed: outcome.disarmed,
    defects: outcome.defects,
    system: { name: run.system.name, version: run.system.version },
    startedAt: run.times.startedAt,
    durationMs: run.times.spentMs + Date.now() - run.times.partStartedMs,
    facts: run.arena.facts,
    baseline: outcome.baseline,
    partial: outcome.partial,
    lacks: outcome.lacks,
    scenarios: outcome.scenarios,
    killMatrix: outcome.killMatrix,
    usage: outcome.usage,
  };
}

/** What a run's first line says of tester and system. */
export function aboutRun({ name, version }: Pick<SystemManifest, 'name' | 'version'>, startedAt: string): AboutRun {
  return { version: projectVersion(), system: { name, version }, startedAt };
}

/** Every scenario of the catalogue, for the reports. */
export function catalogueEntries({ rows, scenarios }: Catalogue): CatalogueEntry[] {
  return rows.map(({ id, name }) => ({ id, name, built: scenarios.some((scenario) => scenario.id === id) }));
}

/** Sorts by time and is unique: 20261121-101500-3fa9. */
export function runId(startedMs: number): string {
  const [date, time] = new Date(startedMs).toISOString().split('T') as [string, string];
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}

/** The first interrupt ends the run in order; the second ends the process, and the reaper cleans up. */
function watchInterrupt() {
  let isSet = false;
  let resolve: (what: 'interrupted') => void = () => {};
  const happened = new Promise<'interrupted'>((settle) => {
    resolve = settle;
  });
  const onSignal = () => {
    if (isSet) process.exit(exitCodes.interrupted);
    isSet = true;
    console.error('\nchaos: interrupted, cleaning up (again to leave at once; what is left is removed by the reaper)');
    resolve('interrupted');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    get isSet() {
      return isSet;
    },
    happened,
    stopWatching: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
