import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../support/errors.ts';
import type { Baseline } from '../history/baseline.ts';
import { baselineText, durationText } from '../reporters/wording.ts';
import { type BaselineOptions, baselineRuns, takeBaseline } from '../runner/baseline.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { Arena, StageOptions } from '../topology/topology.ts';
import { projectFolder } from './project.ts';
import { runBasis } from './run-basis.ts';

export interface BaselineRequest {
  readonly arena: Arena;
  readonly system: SystemManifest;
  readonly image: StageOptions['image'];
  readonly say: (line: string) => void;
  /** Measure even where a kept one would do. */
  readonly anew?: boolean;
  /** Left out: what the arena’s figures need. */
  readonly runs?: BaselineOptions['runs'];
  /** Left out: where the project keeps what it can make again. */
  readonly folder?: string;
}

const validForMs = 24 * 3_600_000;
/** With timers later than this the figures are those of a busy machine: good for the run beside it, not for a day. */
const calmLagMs = 50;

const spread = z.object({ runs: z.number(), medianMs: z.number().positive(), p99Ms: z.number().positive() }).nullable();
const kept = z.object({
  arena: z.enum(['docker', 'simulator']),
  host: z.string(),
  system: z.string(),
  image: z.enum(['test', 'release']),
  takenAt: z.iso.datetime(),
  sync: spread,
  handshake: spread,
  relayMemory: z.null(),
  timerLagMs: z.number(),
});

/**
 * What a clean network takes on this host with these images: kept for a day, else measured now. A run without it is
 * invalid, so that what keeps it from being measured ends the run.
 */
export async function baselineOf(request: BaselineRequest): Promise<Baseline> {
  const { arena, system, image, say, anew = false, folder = join(projectFolder, '.cache', 'baselines') } = request;
  const basis = runBasis(system, arena);
  const digest = arena.name === 'simulator' ? basis.sources : basis.system.digest;
  const of = { arena: arena.name, host: hostname(), system: digest, image };
  const path = join(folder, `${of.arena}-${image}-${digest.slice(0, 12)}.json`);
  const found = anew ? 'asked for' : keptAt(path, of);
  if (typeof found !== 'string') {
    say(`baseline  ${baselineText(found, new Date().toISOString())}`);
    return found;
  }
  say(`baseline  measuring the clean network (${found})`);
  const startedMs = Date.now();
  const measured = await takeBaseline(arena, { image, runs: request.runs ?? baselineRuns[arena.name] });
  const baseline: Baseline = { ...of, takenAt: new Date().toISOString(), ...measured };
  const problem =
    measured.timerLagMs > calmLagMs ? 'not kept, because the machine was busy' : keep(folder, path, baseline);
  const how = `measured in ${durationText(Date.now() - startedMs)}, ${problem ?? 'kept for 24 h'}`;
  say(`baseline  ${baselineText(baseline, baseline.takenAt)}; ${how}`);
  return baseline;
}

/** The baseline kept there, or why there is none to be used. */
function keptAt(path: string, of: Pick<Baseline, 'arena' | 'host' | 'system' | 'image'>): Baseline | string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return 'none is kept for this host and these images';
  }
  let baseline: Baseline;
  try {
    baseline = kept.parse(JSON.parse(text));
  } catch {
    return `the kept one cannot be read: ${path}`;
  }
  const { arena, host, system, image } = baseline;
  if (arena !== of.arena || host !== of.host || system !== of.system || image !== of.image) {
    return `the kept one is of another host or other images: ${path}`;
  }
  const ageMs = Date.now() - Date.parse(baseline.takenAt);
  if (ageMs < 0) return 'the kept one was taken in the future';
  return ageMs < validForMs ? baseline : `the kept one is ${durationText(ageMs)} old`;
}

/** Answers why it could not be kept, or null. Another run may read it at any moment, so it comes whole. */
function keep(folder: string, path: string, baseline: Baseline): string | null {
  try {
    mkdirSync(folder, { recursive: true });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(baseline, null, 2)}\n`);
    renameSync(draft, path);
    return null;
  } catch (error) {
    return `not kept (${messageOf(error)})`;
  }
}
