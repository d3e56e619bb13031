import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { CapturedRecord } from '../history/collected.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { connectionAt } from './connection-at.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({ node: nodeName, count: z.number().int().positive().default(1) });

/**
 * The connection that a node had when the fault began ended with it, and took at least `count` pushes without their
 * acknowledgements along: counted on the node's own wire.
 */
export const pushesUnanswered: Checker<z.output<typeof parameters>> = {
  name: 'pushes-unanswered',
  role: 'proof',
  proves: ['cut', 'reset'],
  about: 'The node’s connection ended when the fault began, with at least so many pushes unacknowledged.',
  parameters,
  judge(record, { node, count }) {
    const clauses = new Clauses();
    const windows = armedWindows(record).filter(({ links }) => links.includes(node));
    if (windows.length === 0) clauses.broken(`no fault was on the link of ${node}`);
    const seen = record.collected.captures.find(({ point }) => point === node)?.records ?? [];
    if (windows.length > 0 && seen.length === 0) clauses.unknown(`no record was captured at ${node}`);
    for (const window of seen.length === 0 ? [] : windows) {
      const flow = connectionAt(record, node, window);
      if (flow === null) clauses.broken(`${node} had no connection when ${window.name} began`);
      else if (flow.every(({ messages }) => messages === null))
        clauses.unknown(`the connection of ${node} was not opened`);
      else if (flow.at(-1)!.lastMs > window.toMs) clauses.broken(`the connection of ${node} outlived ${window.name}`);
      else {
        const open = messagesOf(flow, 'PUSH') + begunIn(flow) - messagesOf(flow, 'PUSH_ACK');
        const figures = `${open} pushes of ${node} unacknowledged at ${window.name}`;
        if (open >= count) clauses.holds(figures);
        else clauses.broken(`${figures}, expected ${count}`);
      }
    }
    return clauses.finding();
  },
};

/** One when the last record up ends no message: of what nodes send only a push is larger than a record. */
function begunIn(flow: readonly CapturedRecord[]): number {
  return flow.findLast(({ direction }) => direction === 'up')?.messages?.length === 0 ? 1 : 0;
}

function messagesOf(flow: readonly CapturedRecord[], type: string): number {
  return flow.flatMap(({ messages }) => messages ?? []).filter((message) => message === type).length;
}
