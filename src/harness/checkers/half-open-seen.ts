import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { CapturedConnection } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';
import { relaySamples, type SampleAt } from './relay-samples.ts';
import { armedWindows, type FaultWindow, isWithin } from './windows.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** Whose end was still open. */
  open: z.enum(['node', 'relay']),
});

/**
 * While the end of its connection was held back, one side had a connection that the other had no more. `open: node`: the
 * relay had no session of the node, at whose interface neither side had ended the connection from before. `open: relay`:
 * the relay had the session from before, whose connection had ended at the node's interface.
 */
export const halfOpenSeen: Checker<z.output<typeof parameters>> = {
  name: 'half-open-seen',
  role: 'proof',
  proves: ['hold-close'],
  about: 'One side was seen with a connection open that the other side had no more.',
  parameters,
  judge(record, { node, open }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'hold-close').filter(({ links }) => links.includes(node));
    const connections = record.collected.captures.find(({ point }) => point === node)?.connections ?? [];
    if (windows.length === 0) clauses.broken(`no end of a connection of ${node} was held back`);
    else if (relaySamples(record).length === 0) clauses.unknown('nobody read the relay’s sessions');
    else if (connections.length === 0)
      judgeAbsence(record, clauses, `captures.${node}.connections`, `connections at the interface of ${node}`);
    for (const window of connections.length === 0 ? [] : windows) judgeWindow(record, clauses, window, { node, open });
    return clauses.finding();
  },
};

function judgeWindow(
  record: TrialRecord,
  clauses: Clauses,
  window: FaultWindow,
  { node, open }: z.output<typeof parameters>,
): void {
  const { connections } = record.collected.captures.find(({ point }) => point === node)!;
  const before = connections.find((connection) => isOpenAt(connection, window.fromMs));
  const samples = relaySamples(record);
  const earlier = samples.findLast(({ atMs }) => atMs <= window.fromMs);
  if (before === undefined || earlier === undefined) {
    clauses.unknown(`no connection of ${node} was seen before the fault`);
    return;
  }
  const session = earlier.value.sessions[node]?.[0]?.session;
  const isHalfOpen = ({ atMs, value }: SampleAt) => {
    const sessions = value.sessions[node] ?? [];
    return open === 'node'
      ? sessions.length === 0 && isOpenAt(before, atMs)
      : sessions.some((one) => one.session === session) && !isOpenAt(before, atMs);
  };
  const seen = samples.filter((sample) => isWithin(window, sample.atMs) && isHalfOpen(sample)).length;
  const figures = `${seen} looks at a connection of ${node} that only the ${open} had open`;
  if (seen > 0) clauses.holds(figures);
  else clauses.broken(figures);
}

function isOpenAt({ openedMs, endedMs }: CapturedConnection, atMs: number): boolean {
  return (openedMs === null || openedMs <= atMs) && (endedMs === null || atMs < endedMs);
}
