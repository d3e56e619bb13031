import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';

const descriptorGrowthMax = 5;

/**
 * After settling: nothing exited that was not ordered to; sessions are as many as live nodes, one each; no handshake
 * is pending; descriptors are within +5 of the baseline; no socket waits for its close; SQLite finds its files whole.
 *
 * The sockets of the live sessions themselves are not counted as growth: the baseline was taken before any node
 * connected, and the bound is not to depend on how many nodes a topology has.
 */
export const health: Checker<Record<string, never>> = {
  name: 'health',
  role: 'invariant',
  about: 'Nothing crashed; sessions, handshakes, descriptors and sockets are back to normal; databases are whole.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    judgeExits(record, clauses);
    judgeStatistics(record, clauses);
    judgeCloseWait(record, clauses);
    judgeIntegrity(record, clauses);
    return clauses.finding();
  },
};

/** Down because the scenario ordered it. */
function isOrderedDown(record: TrialRecord, target: string): boolean {
  const last = entriesOf(record.entries, 'process')
    .filter((entry) => entry.target === target && ['started', 'stopped', 'killed'].includes(entry.event))
    .at(-1);
  return last !== undefined && last.event !== 'started';
}

/** Told to stay away from the relay, and not told otherwise since. */
function isDisconnected(record: TrialRecord, node: string): boolean {
  const last = entriesOf(record.entries, 'invoked')
    .filter((entry) => entry.node === node && (entry.op === 'connect' || entry.op === 'disconnect'))
    .at(-1);
  return last?.op === 'disconnect';
}

function judgeExits(record: TrialRecord, clauses: Clauses): void {
  const breaches: string[] = [];
  const places = [
    ['relay', record.collected.relay] as const,
    ...record.nodes.map((node) => [node, record.collected.nodes[node]] as const),
  ];
  for (const [place, collected] of places) {
    if (collected === undefined) {
      judgeAbsence(record, clauses, `nodes.${place}`, `exits of ${place}`);
      continue;
    }
    breaches.push(...collected.unscheduledExits.map((exit) => `${place}: ${exit}`));
    if (!collected.alive && !isOrderedDown(record, place)) breaches.push(`${place} is down, by nobody’s order`);
  }
  clauses.none(breaches, 'exits nobody ordered', `${places.length} processes without an exit nobody ordered`);
}

function judgeStatistics(record: TrialRecord, clauses: Clauses): void {
  if (!record.can.includes('stats')) {
    clauses.notRun('statistics of the relay (it has none)');
    return;
  }
  const { stats, baseline, alive } = record.collected.relay;
  if (stats === null) {
    if (!alive && isOrderedDown(record, 'relay')) clauses.notRun('statistics of the relay (it was ordered down)');
    else judgeAbsence(record, clauses, 'relay.stats', 'statistics of the relay');
    return;
  }
  const live = record.nodes.filter(
    (node) => record.collected.nodes[node]?.alive === true && !isDisconnected(record, node),
  );
  const devices = new Set(stats.sessions.map(({ device }) => device));
  const wrongSessions =
    stats.sessions.length === live.length && devices.size === live.length
      ? []
      : [`${stats.sessions.length} sessions of ${devices.size} devices, ${live.length} live nodes`];
  if (record.nodes.some((node) => record.collected.nodes[node] === undefined)) {
    clauses.unknown('sessions: it is not known which nodes are live');
  } else
    clauses.none(wrongSessions, 'wrong number of sessions', `${live.length} sessions for ${live.length} live nodes`);
  clauses.none(
    stats.pendingHandshakes === 0 ? [] : [`${stats.pendingHandshakes} handshakes pending after settling`],
    'handshakes left pending',
    'no pending handshake',
  );
  if (baseline === null) {
    judgeAbsence(record, clauses, 'relay.baseline', 'baseline of the relay’s descriptors');
    return;
  }
  const ownSockets = stats.sessions.length - baseline.sessions.length;
  const growth = stats.openDescriptors - baseline.openDescriptors - ownSockets;
  clauses.none(
    growth <= descriptorGrowthMax
      ? []
      : [
          `${baseline.openDescriptors} descriptors before, ${stats.openDescriptors} now with ${ownSockets} more sessions`,
        ],
    'growth of descriptors beyond the bound',
    `descriptors grew by ${growth}`,
  );
}

function judgeCloseWait(record: TrialRecord, clauses: Clauses): void {
  const { closeWait } = record.collected.relay;
  if (closeWait === null) judgeAbsence(record, clauses, 'relay.closeWait', 'sockets in CLOSE_WAIT');
  else {
    clauses.none(
      closeWait === 0 ? [] : [`${closeWait} sockets of the relay in CLOSE_WAIT`],
      'sockets left in CLOSE_WAIT',
      'no CLOSE_WAIT',
    );
  }
}

function judgeIntegrity(record: TrialRecord, clauses: Clauses): void {
  if (!record.can.includes('rows')) {
    clauses.notRun('integrity of databases (they cannot be read)');
    return;
  }
  const answers = [
    ['relay.integrityCheck', record.collected.relay.integrityCheck] as const,
    ...record.nodes.map(
      (node) => [`nodes.${node}.integrityCheck`, record.collected.nodes[node]?.integrityCheck ?? null] as const,
    ),
  ];
  const breaches: string[] = [];
  for (const [part, answer] of answers) {
    if (answer === null) judgeAbsence(record, clauses, part, 'integrity of a database');
    else if (answer !== 'ok') breaches.push(`${part}: ${answer.slice(0, 200)}`);
  }
  clauses.none(breaches, 'damaged databases', 'databases whole');
}
