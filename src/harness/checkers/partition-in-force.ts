import { z } from 'zod';
import { directions } from '../../contract/tap.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';
import { armedWindows, type FaultWindow } from './windows.ts';
import { type Witness, witnessesOf } from './witnesses.ts';

/** After the heal the proxy closes connection by connection. */
const closesWithinMs = 2000;

/**
 * To its very end the partition was on: the proxy listed it on every link both ways, or the kernel dropped packets of
 * every link. Healing it at the proxy ended each connection that was still open, by the capture at the node; a node that
 * was waiting for its next attempt had none.
 */
export const partitionInForce: Checker<Record<string, never>> = {
  name: 'partition-in-force',
  role: 'proof',
  proves: ['partition'],
  about: 'The partition was on to its end by the word of proxy or kernel; the proxy’s heal ended what was still open.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'partition');
    if (windows.length === 0) clauses.broken('no partition was on');
    for (const window of windows) {
      const witness = witnessesOf(record, 'partition').find(({ entry }) => entry.fault === window.fault);
      if (witness === undefined) clauses.unknown('nobody asked proxy and kernel what they did');
      else if (witness.value.mechanism === 'kernel') judgeDrops(window, witness, clauses);
      else {
        judgeListing(window, witness, clauses);
        for (const link of window.links) judgeClosing(record, link, window, witness.entry.atMs, clauses);
      }
    }
    return clauses.finding();
  },
};

function judgeDrops({ links }: FaultWindow, { value }: Witness<'partition'>, clauses: Clauses): void {
  const droppedOf = (link: string) => value.loss.links.find((one) => one.link === link)?.packetsDropped ?? 0;
  const figures = links.map((link) => `${droppedOf(link)} packets of ${link} dropped`).join(' and ');
  clauses.none(
    links.filter((link) => droppedOf(link) === 0),
    'links of which no packet was dropped',
    figures,
  );
}

function judgeListing({ links }: FaultWindow, { value }: Witness<'partition'>, clauses: Clauses): void {
  const missing = links.flatMap((link) =>
    directions
      .filter(
        (way) => !value.inForce.some((one) => one.link === link && one.ability === 'stall' && one.direction === way),
      )
      .map((way) => `${link} ${way}`),
  );
  clauses.none(
    missing,
    'links that the proxy let through',
    `the proxy listed ${links.length} links as stalled both ways`,
  );
}

function judgeClosing(
  record: TrialRecord,
  node: string,
  { toMs }: FaultWindow,
  beforeHealMs: number,
  clauses: Clauses,
): void {
  const capture = record.collected.captures.find(({ point }) => point === node);
  if (capture === undefined) {
    judgeAbsence(record, clauses, `captures.${node}`, `which connections of ${node} ended`);
    return;
  }
  const open = capture.connections.filter(
    ({ openedMs, endedMs }) =>
      (openedMs ?? Number.NEGATIVE_INFINITY) < beforeHealMs && (endedMs ?? Number.POSITIVE_INFINITY) > beforeHealMs,
  );
  const left = open.filter(({ endedMs }) => (endedMs ?? Number.POSITIVE_INFINITY) > toMs + closesWithinMs);
  clauses.none(
    left.map(({ flow }) => `${flow} of ${node}`),
    'connections that the heal did not end',
    `${open.length} connections of ${node} ended by the heal`,
  );
}
