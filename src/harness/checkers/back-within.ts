import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { absencesOf, isToldAway, struckNodes } from './absences.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  withinMs: z.number().int().positive(),
  /** Without it: the nodes that the fault struck. */
  node: nodeNames.optional(),
});

/** Each struck node that the fault took from the relay was connected again at most `withinMs` after the heal. */
export const backWithin: Checker<z.output<typeof parameters>> = {
  name: 'back-within',
  role: 'reaction',
  about: 'Each node that lost its connection by a fault was connected again so soon after the heal.',
  parameters,
  judge(record, { withinMs, node }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    if (windows.length === 0) clauses.unknown('no fault was on');
    for (const window of windows) {
      const struck = (node ?? struckNodes(record, window)).filter((one) => !isToldAway(record, one, window.toMs));
      for (const one of struck) {
        const absences = absencesOf(record, one);
        if (absences === null) {
          clauses.unknown(`${one} announced no state`);
          continue;
        }
        // The last one: a node may come back and be struck again while the fault lasts.
        const absence = absences.findLast(
          ({ fromMs, toMs }) => fromMs <= window.toMs && (toMs === null || toMs > window.fromMs),
        );
        if (absence === undefined) {
          clauses.broken(`${one} was not away while ${window.name} was on`);
          continue;
        }
        const tookMs = absence.toMs === null ? null : Math.max(0, Math.round(absence.toMs - window.toMs));
        const figures = `${one} was connected ${tookMs ?? 'no'} ms after the end of ${window.name}`;
        const late = tookMs !== null && tookMs <= withinMs ? [] : [figures];
        judgeTiming(record, clauses, withinMs, late, `nodes that were not back within ${withinMs} ms`, figures);
      }
    }
    return clauses.finding();
  },
};
