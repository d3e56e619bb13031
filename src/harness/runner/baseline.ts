import { EnvironmentError } from '../../support/errors.ts';
import { Prng } from '../../support/prng.ts';
import { handshakesIn } from '../checkers/wire-times.ts';
import { type Baseline, type Spread, syncedItemBytes, syncedItems } from '../history/baseline.ts';
import type { Arena, StageOptions, Topology } from '../topology/topology.ts';
import { randomText } from './canaries.ts';
import { FaultsOfTrial } from './faults-of-trial.ts';
import { formGroup } from './form-group.ts';
import { watchLag } from './lag.ts';
import { LoadOfTrial } from './load-of-trial.ts';
import { openContext } from './trial-context.ts';
import { watchNodes } from './watch.ts';

export interface BaselineOptions {
  readonly image: StageOptions['image'];
  /** Runs of each measure. */
  readonly runs: { readonly handshakes: number; readonly syncs: number };
}

/** Virtual time repeats itself, so that there a few mebibytes tell as much as twenty. */
export const baselineRuns = {
  docker: { handshakes: 20, syncs: 20 },
  simulator: { handshakes: 20, syncs: 3 },
} as const;

type Measured = Pick<Baseline, 'arena' | 'image' | 'sync' | 'handshake' | 'relayMemory' | 'timerLagMs'>;

const seed = 'baseline';
const withinMs = 30_000;

/**
 * Measures the correct system on a clean stage of its own: node-b connects again and again, then node-a pushes one
 * mebibyte after the other. The first handshake is that of processes that have just begun, as many in trials are.
 */
export async function takeBaseline(arena: Arena, { image, runs }: BaselineOptions): Promise<Measured> {
  const stage = await arena.openStage({ topology: 'pair', profile: 'chaos', defects: [], image, seed });
  try {
    return { arena: arena.name, image, ...(await measure(stage, runs)), relayMemory: null };
  } finally {
    await stage.stop();
  }
}

async function measure(stage: Topology, runs: BaselineOptions['runs']) {
  const prng = new Prng(seed);
  const context = openContext(stage, { prng, armed: false, iteration: 0 });
  await stage.beginTrial({ mark: randomText(prng.fork('mark')) });
  const endWatching = watchNodes(context);
  const endLag = watchLag(context);
  const load = new LoadOfTrial(context, new FaultsOfTrial(context));
  try {
    await formGroup(context, load);
    const part = load.forPart(seed);
    const handshake = stage.can.includes('handshake') ? spreadOf(await handshakes()) : null;
    // Items are announced with their cursors: a system without those does not say what came when.
    const sync = stage.can.includes('cursor') ? spreadOf(await syncs()) : null;
    endLag();
    return { handshake, sync, timerLagMs: Math.max(0, ...context.history.of('lag').map((entry) => entry.timerLagMs)) };

    async function handshakes(): Promise<number[]> {
      for (let run = 1; run < runs.handshakes; run += 1) {
        await part.disconnect('node-b');
        await part.connect('node-b');
      }
      const { captures } = await stage.collect({ canaries: [], group: context.facts.group, identifiers: [] });
      const records = captures.find(({ point }) => point === 'node-b')?.records ?? [];
      const took = handshakesIn(records).flatMap(({ beganMs, endedMs }) => (endedMs === null ? [] : endedMs - beganMs));
      return expectRuns(took, runs.handshakes, 'handshakes at node-b');
    }

    async function syncs(): Promise<number[]> {
      const took: number[] = [];
      for (let run = 0; run < runs.syncs; run += 1) {
        const fromMs = stage.clock.monotonicMs();
        await Promise.all(Array.from({ length: syncedItems }, () => part.push('node-a', { bytes: syncedItemBytes })));
        if (!(await part.delivered(withinMs))) break;
        took.push(stage.clock.monotonicMs() - fromMs);
      }
      return expectRuns(took, runs.syncs, 'mebibytes from node-a to node-b');
    }
  } finally {
    await endWatching();
  }
}

function expectRuns(took: readonly number[], count: number, what: string): number[] {
  if (took.length >= count) return took.slice(0, count);
  throw new EnvironmentError(
    `taking the baseline: expected ${count} ${what} on a clean network, got ${took.length}; without a baseline no run is valid`,
  );
}

/** Of a hundred runs or fewer the 99th percentile is the longest. */
export function spreadOf(took: readonly number[]): Spread {
  const sorted = took.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1]!;
  return { runs: sorted.length, medianMs: hundredths(median), p99Ms: hundredths(p99) };
}

function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100;
}
