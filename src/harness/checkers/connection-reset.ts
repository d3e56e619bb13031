import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { connectionAt } from './connection-at.ts';
import { armedWindows, injectionBeganMs } from './windows.ts';

/** On every link with a reset, the packet capture at the node shows its session end by an RST, about when the fault began. */
export const connectionReset: Checker<Record<string, never>> = {
  name: 'connection-reset',
  role: 'proof',
  proves: ['reset'],
  about: 'The capture at the node shows that its connection ended by an RST when the fault began.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'reset');
    if (windows.length === 0) clauses.broken('no link was reset');
    for (const window of windows) {
      for (const node of window.links) {
        const connections = record.collected.captures.find(({ point }) => point === node)?.connections ?? [];
        const flow = connectionAt(record, node, window)?.[0]?.flow;
        const ended = connections.find((connection) => connection.flow === flow);
        if (connections.length === 0) clauses.unknown(`no connection was captured at ${node}`);
        else if (ended === undefined) clauses.broken(`${node} had no connection when the reset began`);
        else if (!ended.wasReset || ended.endedMs === null)
          clauses.broken(`the connection of ${node} ended without an RST`);
        else {
          const figures = `RST at ${node} ${Math.round(ended.endedMs - window.fromMs)} ms after the fault was on`;
          // It takes effect while it is being injected.
          const isOfFault = ended.endedMs >= injectionBeganMs(record, window) && ended.endedMs <= window.toMs;
          if (isOfFault) clauses.holds(figures);
          else clauses.broken(`${figures}, which is not of the fault`);
        }
      }
    }
    return clauses.finding();
  },
};
