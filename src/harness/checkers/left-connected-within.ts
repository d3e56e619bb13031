import { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import { absencesOf, isToldAway, struckNodes } from './absences.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { struckAtMs } from './connection-at.ts';
import { judgeTiming } from './lag.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  withinMs: z.number().int().positive(),
  /** Without it: the nodes that the fault struck. */
  node: nodeNames.optional(),
});

/**
 * Each struck node announced, at most `withinMs` after the fault struck, that it is not connected. One that had been told
 * to stay away has nothing to notice.
 */
export const leftConnectedWithin: Checker<z.output<typeof parameters>> = {
  name: 'left-connected-within',
  role: 'reaction',
  about: 'Each node that a fault struck noticed it so soon: its status left “connected”.',
  parameters,
  judge(record, { withinMs, node }) {
    const clauses = new Clauses();
    const windows = armedWindows(record);
    if (windows.length === 0) clauses.unknown('no fault was on');
    for (const window of windows) {
      const struck = (node ?? struckNodes(record, window)).filter((one) => !isToldAway(record, one, window.fromMs));
      if (struck.length === 0) clauses.unknown(`no node was to be connected when ${window.name} began`);
      for (const one of struck) {
        const absences = absencesOf(record, one);
        if (absences === null) {
          clauses.unknown(`${one} announced no state`);
          continue;
        }
        const struckMs = struckAtMs(record, one, window);
        const absence = absences.find(({ toMs }) => toMs === null || toMs > struckMs);
        const tookMs = absence === undefined ? null : Math.max(0, Math.round(absence.fromMs - struckMs));
        const figures = `${one} left connected after ${tookMs ?? 'no'} ms of ${window.name}`;
        const late = tookMs !== null && tookMs <= withinMs ? [] : [figures];
        judgeTiming(record, clauses, withinMs, late, `nodes that did not notice within ${withinMs} ms`, figures);
      }
    }
    return clauses.finding();
  },
};
