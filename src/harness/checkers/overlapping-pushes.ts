import { z } from 'zod';
import type { CapturedRecord } from '../history/collected.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { type Round, roundsOf } from './rounds.ts';

const parameters = z
  .strictObject({ rounds: z.number().int().positive(), of: z.number().int().positive() })
  .refine(({ rounds, of }) => rounds <= of, { error: 'expected `rounds` to be at most `of`' });

/**
 * In at least `rounds` of the `of` barrier rounds the relay’s interface saw the last byte of every PUSH before the
 * first byte of any acknowledgement.
 *
 * In an opened session messages are known by type. Otherwise a push has come when as many bytes have come up as it has,
 * any record down the same connections might be an acknowledgement, and only a round without one between the pushes
 * counts. A system that makes its items smaller on the way is not proven so.
 */
export const overlappingPushes: Checker<z.output<typeof parameters>> = {
  name: 'overlapping-pushes',
  role: 'proof',
  about: 'In so many barrier rounds the relay had all pushes before it sent the first acknowledgement.',
  parameters,
  judge(record, { rounds: wanted, of }) {
    const clauses = new Clauses();
    const rounds = roundsOf(ledgerOf(record));
    if (rounds.length < of) {
      clauses.broken(`${rounds.length} barrier rounds, expected ${of}`);
      return clauses.finding();
    }
    const seen = record.collected.captures.find(({ point }) => point === 'relay')?.records ?? [];
    if (seen.length === 0) {
      clauses.unknown('no record was captured at the relay');
      return clauses.finding();
    }
    const numbered = seen.map((entry, position) => ({ ...entry, position }));
    const overlapping = rounds.filter((round) => overlaps(round, numbered));
    const apart = rounds.filter((round) => !overlapping.includes(round)).map(({ round }) => `${round} did not overlap`);
    if (overlapping.length >= wanted)
      clauses.holds(`${overlapping.length} of ${rounds.length} rounds overlapped at the relay`);
    else
      clauses.broken(
        `${overlapping.length} of ${rounds.length} rounds overlapped at the relay, expected ${wanted}`,
        apart,
      );
    return clauses.finding();
  },
};

/** `position` in the list decides between records of the same instant, as in virtual time. */
type Numbered = CapturedRecord & { readonly position: number };

function overlaps(round: Round, records: readonly Numbered[]): boolean {
  const nodes = new Set(round.pushes.map(({ node }) => node)).size;
  const inRound = records.filter(({ lastMs }) => round.fromMs <= lastMs && lastMs < round.toMs);
  const isOpened = inRound.some(({ messages }) => messages !== null);
  const bytesMin = Math.min(...round.pushes.map(({ bytes }) => bytes ?? 0));
  const isAck = ({ direction, messages }: Numbered) =>
    direction === 'down' && (isOpened ? messages === null || messages.includes('PUSH_ACK') : true);

  const pushes = [...Map.groupBy(inRound, ({ flow }) => flow).values()].flatMap((ofFlow) => {
    const up = ofFlow.filter(({ direction }) => direction === 'up');
    return (isOpened ? up.find(({ messages }) => messages?.includes('PUSH')) : completing(up, bytesMin)) ?? [];
  });
  if (nodes < 2 || pushes.length < nodes) return false;
  const flows = new Set(pushes.map(({ flow }) => flow));
  const firstPush = pushes.reduce((first, push) => (endsBefore(push, first) ? push : first));
  // Before its first push the round had nothing to acknowledge.
  const acks = inRound.filter((entry) => flows.has(entry.flow) && isAck(entry) && endsBeforeStart(firstPush, entry));
  if (acks.length === 0) return false;
  return pushes.every((push) => acks.every((ack) => endsBeforeStart(push, ack)));
}

/** The record with which `bytes` have come; undefined when fewer have. */
function completing(up: readonly Numbered[], bytes: number): Numbered | undefined {
  let sum = 0;
  return up.find((record) => {
    sum += record.bytes;
    return sum >= bytes;
  });
}

function endsBefore(a: Numbered, b: Numbered): boolean {
  return a.lastMs === b.lastMs ? a.position < b.position : a.lastMs < b.lastMs;
}

/** The last byte of `push` was seen before the first byte of `ack`. */
function endsBeforeStart(push: Numbered, ack: Numbered): boolean {
  return push.lastMs === ack.firstMs ? push.position < ack.position : push.lastMs < ack.firstMs;
}
