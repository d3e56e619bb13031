import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { struckNodes } from './absences.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { relaySamples } from './relay-samples.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  withinMs: z.number().int().positive(),
  /** Without it: the nodes that the fault struck. */
  node: nodeNames.optional(),
});

/** At most `withinMs` after the fault began the relay said that it has no session of a struck node any more. */
export const sessionGoneWithin: Checker<z.output<typeof parameters>> = {
  name: 'session-gone-within',
  role: 'reaction',
  about: 'The relay gave up the session of a node that the fault struck so soon after the fault began.',
  parameters,
  judge(record, { withinMs, node }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    const samples = relaySamples(record);
    if (windows.length === 0) clauses.unknown('no fault was on');
    if (samples.length === 0) clauses.unknown('nobody read the relay’s sessions');
    for (const window of samples.length === 0 ? [] : windows) {
      for (const one of node ?? struckNodes(record, window)) {
        const gone = samples.find(
          ({ atMs, value }) => atMs >= window.fromMs && (value.sessions[one] ?? []).length === 0,
        );
        const tookMs = gone === undefined ? null : Math.round(gone.atMs - window.fromMs);
        const figures = `the session of ${one} was seen gone ${tookMs ?? 'no'} ms after ${window.name}`;
        const late = tookMs !== null && tookMs <= withinMs ? [] : [figures];
        judgeTiming(record, clauses, withinMs, late, `sessions not given up within ${withinMs} ms`, figures);
      }
    }
    return clauses.finding();
  },
};
