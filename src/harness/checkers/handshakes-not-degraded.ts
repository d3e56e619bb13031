import { z } from 'zod';
import { handshakeMessages, preambleBytes, recordPrefixBytes } from '../../contract/wire.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { disturbancesIn } from './deliveries.ts';
import { judgeTiming } from './lag.ts';
import { minimumTimes, slowPath } from './slow-paths.ts';
import { handshakesIn, recordsAt, type SeenHandshake } from './wire-times.ts';

const cleanTimes = 5;
/** The four messages take turns. */
const roundTrips = 2;
/** For a handshake, whatever comes of it. */
const timeOutMs = 10_000;

interface NodesHandshake extends SeenHandshake {
  readonly node: string;
  /** When it was certainly over: its end, or the next of the node, or what it was given. */
  readonly overMs: number;
}

/**
 * Handshakes while nothing but delays and rates stood in their way all ended, and in time: five times the longest on the
 * clean network, that of processes that have just begun, for each that ran beside it at the relay; or three times the
 * physical minimum. Where a fault or the load does more than slow, or a process ends, failing may be the aim, and nothing
 * is judged; nor where the delays alone take all that a handshake is given.
 */
export const handshakesNotDegraded: Checker<Record<string, never>> = {
  name: 'handshakes-not-degraded',
  role: 'invariant',
  about:
    'Handshakes that are free to pass end, within five times the clean baseline or three times the physical minimum.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const clean = record.baseline?.handshake;
    if (!record.can.includes('handshake')) clauses.notRun('how long handshakes take (of another kind here)');
    else if (clean === undefined || clean === null) clauses.unknown('no baseline of a clean network to compare with');
    else {
      const all = record.nodes.flatMap((node) => handshakesOf(record, node, clauses));
      const isDisturbed = disturberOf(record);
      const free = all.filter((one) => !isDisturbed(one));
      const failed = free
        .filter((one) => one.endedMs === null && physicalMinimumMs(record, one) < timeOutMs)
        .map(({ node }) => `${node}: a handshake never ended`);
      const judged = free.flatMap((one) => {
        if (one.endedMs === null) return [];
        const beside = all.filter((other) => other.beganMs <= one.overMs && other.overMs >= one.beganMs).length;
        const boundMs = Math.max(cleanTimes * beside * clean.p99Ms, minimumTimes * physicalMinimumMs(record, one));
        return [{ ...one, tookMs: one.endedMs - one.beganMs, boundMs }];
      });
      const closest = judged.toSorted((one, other) => other.tookMs / other.boundMs - one.tookMs / one.boundMs)[0];
      const figures =
        closest === undefined
          ? 'no handshake was free to pass'
          : `${judged.length} handshakes, at the closest ${Math.round(closest.tookMs)} of ${Math.round(closest.boundMs)} ms (clean ${clean.medianMs} ms, the first ${clean.p99Ms} ms)`;
      const late = judged
        .filter(({ tookMs, boundMs }) => tookMs > boundMs)
        .map(({ node, tookMs, boundMs }) => `${node}: ${Math.round(tookMs)} of ${Math.round(boundMs)} ms`);
      if (closest === undefined && failed.length === 0) clauses.notRun(`how long handshakes take (${figures})`);
      else {
        clauses.none(failed, 'handshakes that failed though nothing stood in their way', figures);
        judgeTiming(record, clauses, Math.round(closest?.boundMs ?? 0), late, 'handshakes that took too long', figures);
      }
    }
    return clauses.finding();
  },
};

function handshakesOf(record: TrialRecord, node: string, clauses: Clauses): NodesHandshake[] {
  const all = handshakesIn(recordsAt(record, node, clauses) ?? []);
  return all.map((one, place) => {
    const givenUpMs = Math.min(one.beganMs + timeOutMs, all[place + 1]?.beganMs ?? Infinity);
    return { ...one, node, overMs: one.endedMs ?? givenUpMs };
  });
}

/** Says whether a fault that does more than slow, the end of a process or of the connection fell into a handshake. */
function disturberOf(record: TrialRecord): (handshake: NodesHandshake) => boolean {
  const windows = disturbancesIn(record);
  const ends = [
    ...entriesOf(record.entries, 'process').map(({ atMs, target }) => ({ atMs, target })),
    ...entriesOf(record.entries, 'invoked')
      .filter(({ op }) => op === 'disconnect')
      .map(({ atMs, node }) => ({ atMs, target: node })),
  ];
  return ({ node, beganMs, overMs }) =>
    windows.some(({ fromMs, toMs }) => fromMs <= overMs && toMs >= beganMs) ||
    ends.some(({ atMs, target }) => [node, 'relay'].includes(target) && atMs >= beganMs && atMs <= overMs);
}

function physicalMinimumMs(record: TrialRecord, { node, beganMs, overMs }: NodesHandshake): number {
  const path = slowPath(record, node, beganMs, overMs);
  return (
    roundTrips * path.roundTripMs +
    path.transferMs('up', preambleBytes + bytesFrom('initiator')) +
    path.transferMs('down', bytesFrom('responder'))
  );
}

function bytesFrom(side: 'initiator' | 'responder'): number {
  return handshakeMessages.hybrid
    .filter(({ from }) => from === side)
    .reduce((sum, { bytes }) => sum + recordPrefixBytes + bytes, 0);
}
