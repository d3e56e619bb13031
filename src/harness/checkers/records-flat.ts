import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { type Direction, directions } from '../../contract/tap.ts';
import type { RelaySample } from '../history/relay-sample.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { relaySamples, type SampleAt } from './relay-samples.ts';
import { armedWindows, type FaultWindow, isWithin } from './windows.ts';

const parameters = z.strictObject({
  node: nodeNames,
  forMs: z.number().int().positive(),
  /** `up`: what the relay read; `down`: what it sent. */
  direction: z.enum(directions).default('up'),
});

/**
 * While one fault was on, the relay's own counter of records of each node stood still for so long. It is read before
 * and after: a sample that is missing in between changes nothing.
 */
export const recordsFlat: Checker<z.output<typeof parameters>> = {
  name: 'records-flat',
  role: 'proof',
  proves: ['cut', 'stall', 'partition'],
  about: 'While the fault was on, the relay counted not one record of these nodes for so long.',
  parameters,
  judge(record, { node: nodes, forMs, direction }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    if (windows.length === 0) clauses.broken('no fault was on');
    else if (relaySamples(record).length === 0) clauses.unknown('nobody read the relay’s counters');
    else {
      for (const node of nodes) {
        const flatMs = Math.max(...windows.map((window) => longestFlatMs(record, window, node, direction)));
        const figures = `no record ${direction} of ${node} for ${Math.round(flatMs)} ms`;
        if (flatMs >= forMs) clauses.holds(figures);
        else clauses.broken(`${figures}, expected ${forMs}`);
      }
    }
    return clauses.finding();
  },
};

function longestFlatMs(record: TrialRecord, window: FaultWindow, node: string, direction: Direction): number {
  let longestMs = 0;
  let start: SampleAt | null = null;
  let before: SampleAt | null = null;
  for (const sample of relaySamples(record).filter(({ atMs }) => isWithin(window, atMs))) {
    if (before === null || hasMoved(before.value, sample.value, node, direction)) start = sample;
    longestMs = Math.max(longestMs, sample.atMs - start!.atMs);
    before = sample;
  }
  return longestMs;
}

/** A session of the node has more records than before, or is new and has some. */
function hasMoved(before: RelaySample, after: RelaySample, node: string, direction: Direction): boolean {
  const field = direction === 'up' ? 'recordsIn' : 'recordsOut';
  const earlier = new Map((before.sessions[node] ?? []).map((one) => [one.session, one[field]]));
  return (after.sessions[node] ?? []).some((one) => one[field] > (earlier.get(one.session) ?? 0));
}
