import { pastDurations } from '../reporters/past-runs.ts';
import { Crew } from '../runner/crew.ts';
import type { OpenRun } from './open-run.ts';
import { SimulatorThreads } from './simulator-threads.ts';
import { workersFor } from './workers.ts';

export interface OpenCrewOptions {
  /** `--workers`. */
  readonly asked: number | undefined;
  readonly works: number;
  readonly scenarios: readonly string[];
  readonly stagesPerWorker: number;
  /** Folder of past runs, which tell how long a scenario's iterations take. */
  readonly reports: string;
  /** Evidence of passing trials may be made small where it is collected. */
  readonly reduce: boolean;
}

/** The workers of a run, and the line that says how many and why. */
export function openCrew(run: OpenRun, options: OpenCrewOptions): { readonly crew: Crew; readonly about: string } {
  const { arena } = run;
  const { works, scenarios, stagesPerWorker, reports, reduce } = options;
  const { count, because } = workersFor(arena, { asked: options.asked ?? null, works, stagesPerWorker });
  const crew = new Crew({
    arena,
    workers: count,
    elsewhere: arena.name === 'simulator' && count > 1 ? new SimulatorThreads({ reduce }) : null,
    stagesPerWorker,
    wallMs: Date.now,
    pastMs: count === 1 ? new Map() : pastDurations(reports, arena.name, scenarios),
  });
  return { crew, about: `${count} (${because})` };
}
