/** When requests, answers and handshakes passed a node's own interface, and how long bytes took between two interfaces. */
import type { Direction } from '../../contract/tap.ts';
import type { CapturedRecord } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';

/** Requests by the name of their answer. The relay answers in the order in which it was asked. */
const answerOf = {
  HELLO: 'WELCOME',
  PUSH: 'PUSH_ACK',
  PULL: 'PULL_RESPONSE',
  PRESENCE: 'PRESENCE',
  LIST_DEVICES: 'DEVICE_LIST',
} as const;
type Request = keyof typeof answerOf;
export type TimedRequest = Extract<Request, 'PRESENCE' | 'PUSH'>;

/** Wall clock of the capture, milliseconds. */
export interface RoundTrip {
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly tookMs: number;
}

export interface SeenHandshake {
  /** First byte of m1. */
  readonly beganMs: number;
  /** Last byte of m4; null when it never came, or the node sent nothing after it: it had given up. */
  readonly endedMs: number | null;
  /** Each of the four messages left only after the one before it had come: two round trips. */
  readonly isInTurn: boolean;
}

/** Everything captured at the node’s own interface, in order; null, with the reason in `clauses`, when there is nothing. */
export function recordsAt(record: TrialRecord, point: string, clauses: Clauses): readonly CapturedRecord[] | null {
  const records = record.collected.captures.find((capture) => capture.point === point)?.records ?? [];
  if (records.length > 0) return records;
  judgeAbsence(record, clauses, `captures.${point}.records`, `what passed the interface of ${point}`);
  return null;
}

/** The answered requests among records of one point whose sessions were opened, in order of sending. */
export function roundTripsIn(records: readonly CapturedRecord[], requests: readonly TimedRequest[]): RoundTrip[] {
  const trips = [...Map.groupBy(records, ({ flow }) => flow).values()].flatMap((ofFlow) =>
    roundTripsOfFlow(ofFlow, requests),
  );
  return trips.sort((a, b) => a.sentMs - b.sentMs);
}

function roundTripsOfFlow(records: readonly CapturedRecord[], requests: readonly TimedRequest[]): RoundTrip[] {
  const open: { readonly request: Request; readonly sentMs: number }[] = [];
  const trips: RoundTrip[] = [];
  for (const { direction, messages, lastMs } of records) {
    for (const message of messages ?? []) {
      if (direction === 'up') {
        if (isRequest(message)) open.push({ request: message, sentMs: lastMs });
        continue;
      }
      // An error names nothing: it is the answer to the oldest.
      const index = message === 'ERROR' ? 0 : open.findIndex(({ request }) => answerOf[request] === message);
      const [answered] = index < 0 ? [] : open.splice(index, 1);
      if (answered === undefined || message === 'ERROR' || !isAmong(requests, answered.request)) continue;
      trips.push({ sentMs: answered.sentMs, answeredMs: lastMs, tookMs: lastMs - answered.sentMs });
    }
  }
  return trips;
}

function isRequest(message: string): message is Request {
  return Object.hasOwn(answerOf, message);
}

function isAmong(requests: readonly Request[], request: Request): boolean {
  return requests.includes(request);
}

/** The handshakes among the records of one point, in order of their beginning. */
export function handshakesIn(records: readonly CapturedRecord[]): SeenHandshake[] {
  return [...Map.groupBy(records, ({ flow }) => flow).values()]
    .flatMap((ofFlow) => {
      const at = (direction: Direction, index: number) =>
        ofFlow.find((entry) => entry.direction === direction && entry.index === index);
      const messages = [at('up', 0), at('down', 0), at('up', 1), at('down', 1)];
      const [m1, , , m4] = messages;
      if (m1 === undefined) return [];
      const isInTurn = messages.every((message, index) => {
        const before = messages[index - 1];
        return index === 0 || (message !== undefined && before !== undefined && before.lastMs <= message.firstMs);
      });
      const wentOn = at('up', 2) !== undefined;
      return [{ beganMs: m1.firstMs, endedMs: wentOn ? (m4?.lastMs ?? null) : null, isInTurn }];
    })
    .sort((a, b) => a.beganMs - b.beganMs);
}

/** How late each record of one direction arrived at the other end of the node’s link, by when it was sent. */
export function transitsBetween(
  atNode: readonly CapturedRecord[],
  atRelay: readonly CapturedRecord[],
  direction: Direction,
): { readonly sentMs: number; readonly tookMs: number }[] {
  const keyOf = ({ session, index }: CapturedRecord) => `${session} ${index}`;
  const ofDirection = (records: readonly CapturedRecord[]) =>
    records.filter((entry) => entry.session !== null && entry.direction === direction);
  const [sent, received] = direction === 'up' ? [atNode, atRelay] : [atRelay, atNode];
  const arrivals = new Map(ofDirection(received).map((entry) => [keyOf(entry), entry.lastMs]));
  return ofDirection(sent).flatMap((entry) => {
    const arrivedMs = arrivals.get(keyOf(entry));
    return arrivedMs === undefined ? [] : [{ sentMs: entry.lastMs, tookMs: arrivedMs - entry.lastMs }];
  });
}

/** Of at least one number. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Standard deviation of at least one number. */
export function deviationOf(numbers: readonly number[]): number {
  const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  return Math.sqrt(numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0) / numbers.length);
}
