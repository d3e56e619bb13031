import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { EnvironmentError, ScenarioError } from '../../support/errors.ts';
import { pastRunFolders } from '../reporters/past-runs.ts';
import { RunFolder, readRun, type StoredRun } from '../reporters/run-folder.ts';
import type { IterationResult, RunStart } from '../runner/results.ts';
import type { RequestedScenario, RunRequest } from '../runner/run-request.ts';
import { runFolderOf } from './project.ts';

/** A run that goes on. */
export interface ResumableRun {
  readonly stored: StoredRun;
  readonly folder: RunFolder;
  readonly request: RunRequest;
  /** How often it has been taken up, this time included. */
  readonly part: number;
  readonly resumed: NonNullable<RunStart['resumed']>;
  readonly takenOver: ReadonlyMap<string, readonly IterationResult[]>;
}

/** Opens the folder of a killed run. A ScenarioError says why it cannot go on. */
export function resumableRun(reports: string, run: string): ResumableRun {
  const path = runFolderOf(reports, run);
  const before = readRun(path);
  expectEnded(before);
  const request = requestOf(before, '--resume');
  const folder = RunFolder.reopen(path);
  const stored = readRun(path);
  const takenOver = finishedIterations(stored);
  const iterations = stored.iterations.length;
  const asked = request.scenarios.reduce((sum, scenario) => sum + scenario.iterations.length, 0);
  if (iterations >= asked) {
    throw new ScenarioError(
      `--resume: run ${stored.result.run} has nothing left to run: all ${asked} iterations are there`,
    );
  }
  const part = (stored.lastPart?.resumed.part ?? 0) + 1;
  return { stored, folder, request, part, resumed: { iterations, spentMs: spentMs(stored), part }, takenOver };
}

/** The newest run that finished an iteration, with what of it did not pass. */
export function lastFailed(reports: string): { readonly run: string; readonly request: RunRequest } {
  for (const folder of pastRunFolders(reports)) {
    const stored = readRun(folder);
    if (stored.iterations.length === 0) continue;
    const request = requestOf(stored, '--last-failed');
    return { run: stored.result.run, request: { ...request, scenarios: notPassed(request.scenarios, stored) } };
  }
  throw new ScenarioError(`--last-failed: expected a run in ${reports}, got none`);
}

/** Iterations that did not pass, or were not reached. */
function notPassed(scenarios: readonly RequestedScenario[], stored: StoredRun): RequestedScenario[] {
  const passed = new Set(
    stored.iterations
      .filter(({ iteration }) => iteration.verdict === 'pass')
      .map(({ scenario, iteration }) => `${scenario}/${iteration.index}`),
  );
  return scenarios.flatMap((scenario) => {
    const iterations = scenario.iterations.filter(({ index }) => !passed.has(`${scenario.id}/${index}`));
    return iterations.length === 0 ? [] : [{ ...scenario, iterations, partial: true }];
  });
}

/** What a stored run was asked for. */
export function requestOf({ started, result }: StoredRun, option: string): RunRequest {
  const { request } = started.start;
  if (request) return request;
  throw new ScenarioError(
    `${option}: expected a run of \`chaos run\` that tells what it was asked for, got ${result.run}, a proof or a run of an older version`,
  );
}

function finishedIterations(stored: StoredRun): Map<string, IterationResult[]> {
  const finished = new Map<string, IterationResult[]>();
  for (const { scenario, iteration } of stored.iterations) {
    finished.set(scenario, [...(finished.get(scenario) ?? []), iteration]);
  }
  return finished;
}

/** Of all its parts, up to the last iteration that finished; the pauses between them do not count. */
function spentMs({ started, lastPart, iterations }: StoredRun): number {
  const since = Date.parse(lastPart?.at ?? started.about.startedAt);
  const ends = iterations.map(({ iteration }) => Date.parse(iteration.startedAt) + iteration.durationMs);
  const untilMs = Math.max(since, ...ends);
  return (lastPart?.resumed.spentMs ?? 0) + untilMs - since;
}

/** Two processes on one folder would spoil it. */
function expectEnded({ started, lastPart, result }: StoredRun): void {
  const process = lastPart?.process ?? started.start.process;
  if (process?.host !== hostname() || !isChaosAlive(process.pid)) return;
  throw new EnvironmentError(
    `--resume: run ${result.run} is still running, as process ${process.pid}; wait for its end, or end it first`,
  );
}

function isChaosAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // The number may belong to another program by now.
  const words = `/proc/${pid}/cmdline`;
  return !existsSync(words) || readFileSync(words, 'utf8').includes('chaos.mjs');
}
