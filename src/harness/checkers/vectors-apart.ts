import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { readVector, type Vector } from './vector.ts';
import { armedWindows, type FaultWindow } from './windows.ts';
import { vectorsOf } from './witnesses.ts';

const parameters = z.strictObject({
  node: nodeNames.refine((nodes) => nodes.length === 2, { error: 'two nodes' }),
  forMs: z.number().int().positive(),
});

/**
 * While a fault was on, two nodes’ vectors were apart for so long without a break: each ahead of the other in some
 * component, as no two are that hear of each other. Of several faults that holds for each.
 */
export const vectorsApart: Checker<z.output<typeof parameters>> = {
  name: 'vectors-apart',
  role: 'proof',
  proves: ['partition', 'cut', 'stall'],
  about: 'While each fault was on, each of two nodes was for so long ahead of the other in some vector component.',
  parameters,
  judge(record, { node: nodes, forMs }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    const [a, b] = nodes.map((node) => seenOf(record, node)) as [Seen, Seen];
    if (windows.length === 0) clauses.broken('no fault was on');
    else if (a.length === 0 || b.length === 0) clauses.unknown('nobody looked at the vectors');
    else {
      for (const window of windows) {
        const apartMs = longestApartMs(window, a, b);
        const figures = `under fault ${window.fault} the vectors of ${nodes.join(' and ')} were apart for ${Math.round(apartMs)} ms`;
        if (apartMs >= forMs) clauses.holds(figures);
        else clauses.broken(`${figures}, expected ${forMs}`);
      }
    }
    return clauses.finding();
  },
};

type Seen = readonly { readonly atMs: number; readonly vector: Vector }[];

function seenOf(record: TrialRecord, node: string): Seen {
  return vectorsOf(record, node).map(({ atMs, vector }) => ({ atMs, vector: readVector(vector).vector }));
}

function longestApartMs({ fromMs, toMs }: FaultWindow, a: Seen, b: Seen): number {
  const changes = [...a, ...b].map(({ atMs }) => atMs).filter((atMs) => fromMs < atMs && atMs < toMs);
  let longestMs = 0;
  let sinceMs: number | null = null;
  for (const atMs of [fromMs, ...changes.sort((one, other) => one - other)]) {
    if (!areApart(lastUpTo(a, atMs), lastUpTo(b, atMs))) {
      if (sinceMs !== null) longestMs = Math.max(longestMs, atMs - sinceMs);
      sinceMs = null;
    } else sinceMs ??= atMs;
  }
  return sinceMs === null ? longestMs : Math.max(longestMs, toMs - sinceMs);
}

function lastUpTo(seen: Seen, atMs: number): Vector {
  return seen.findLast((one) => one.atMs <= atMs)?.vector ?? new Map();
}

function areApart(a: Vector, b: Vector): boolean {
  return isAhead(a, b) && isAhead(b, a);
}

/** In at least one component. */
function isAhead(a: Vector, b: Vector): boolean {
  return [...a].some(([author, sequence]) => sequence > (b.get(author) ?? 0));
}
