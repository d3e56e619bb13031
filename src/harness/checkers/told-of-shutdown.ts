import { z } from 'zod';
import { errorCodes } from '../../contract/wire.ts';
import { isToldAway } from './absences.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { connectionAt } from './connection-at.ts';
import { armedWindows } from './windows.ts';

/**
 * Each node that was connected when the relay was stopped heard of it on its own wire: RELAY_SHUTTING_DOWN as the relay’s
 * last word, or, with another last word than an ERROR, an end in order (FIN, not RST).
 */
export const toldOfShutdown: Checker<Record<string, never>> = {
  name: 'told-of-shutdown',
  role: 'reaction',
  about:
    'Each connected node hears of a relay’s stop: RELAY_SHUTTING_DOWN as its last word, or a connection ended in order.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'stop').filter(
      ({ parameters }) => (parameters as { target?: unknown }).target === 'relay',
    );
    if (windows.length === 0) clauses.unknown('the relay was not stopped');
    for (const window of windows) {
      const nodes = record.nodes.filter((node) => !isToldAway(record, node, window.fromMs));
      if (nodes.length === 0) clauses.unknown('no node was to be connected when the relay was stopped');
      for (const node of nodes) {
        const flow = connectionAt(record, node, window);
        if (flow === null) {
          clauses.unknown(`no connection was captured at ${node}`);
          continue;
        }
        const capture = record.collected.captures.find(({ point }) => point === node);
        const end = capture?.connections.find((one) => one.flow === flow[0]!.flow);
        const lastRecord = flow.findLast(({ direction }) => direction === 'down');
        const last = lastRecord?.messages?.at(-1);
        const code = last === 'ERROR' ? (lastRecord?.errorCodes?.at(-1) ?? null) : null;
        if (code === errorCodes.RELAY_SHUTTING_DOWN) clauses.holds(`RELAY_SHUTTING_DOWN as the last word to ${node}`);
        else if (last === 'ERROR') clauses.broken(`${node} was told ERROR ${code ?? 'without a code'}, not 3001`);
        else if (end !== undefined && end.endedMs !== null && !end.wasReset)
          clauses.holds(`the connection of ${node} ended in order`);
        else
          clauses.broken(
            `${node} was told nothing: ${last ?? 'no message'} last, ${end?.wasReset ? 'then an RST' : 'no end'}`,
          );
      }
    }
    return clauses.finding();
  },
};
