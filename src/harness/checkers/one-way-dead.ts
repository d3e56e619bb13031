import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { RelaySample } from '../history/relay-sample.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { relaySamples } from './relay-samples.ts';
import { armedWindows, type FaultWindow, isWithin } from './windows.ts';
import { recordsAt } from './wire-times.ts';

const parameters = z.strictObject({ node: nodeName });

/**
 * While a stall of one direction was on, not one record arrived in it and at least one in the other: counted where
 * records arrive, which is the relay's own counter on the way up, and the node's interface on the way down.
 */
export const oneWayDead: Checker<z.output<typeof parameters>> = {
  name: 'one-way-dead',
  role: 'proof',
  proves: ['stall'],
  about: 'While one direction was stalled no record arrived in it, and at least one in the other.',
  parameters,
  judge(record, { node }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'stall').filter(({ links }) => links.includes(node));
    if (windows.length === 0) clauses.broken(`no direction of ${node} was stalled`);
    for (const window of windows) {
      const dead = (window.parameters as { direction: readonly string[] }).direction;
      const atNode = recordsAt(record, node, clauses);
      const atRelay = arrivedAtRelay(record, node, window);
      if (atRelay === null) clauses.unknown('nobody read the relay’s counters while the stall was on');
      if (atNode === null || atRelay === null) continue;
      const down = atNode.filter(({ direction, lastMs }) => direction === 'down' && isWithin(window, lastMs)).length;
      const figures = `${atRelay} records up, ${down} down while ${dead.join(' and ')} of ${node} was stalled`;
      const isProven = dead.length === 1 && (dead[0] === 'up' ? atRelay === 0 && down > 0 : down === 0 && atRelay > 0);
      if (isProven) clauses.holds(figures);
      else clauses.broken(figures);
    }
    return clauses.finding();
  },
};

/** Records that the relay read from the node between the first and the last look while the fault was on. */
function arrivedAtRelay(record: TrialRecord, node: string, window: FaultWindow): number | null {
  const samples = relaySamples(record).filter(({ atMs }) => isWithin(window, atMs));
  let before: RelaySample | null = null;
  let arrived = 0;
  for (const { value } of samples) {
    const known = new Map((before?.sessions[node] ?? []).map(({ session, recordsIn }) => [session, recordsIn]));
    for (const { session, recordsIn } of before === null ? [] : (value.sessions[node] ?? [])) {
      arrived += recordsIn - (known.get(session) ?? 0);
    }
    before = value;
  }
  return samples.length < 2 ? null : arrived;
}
