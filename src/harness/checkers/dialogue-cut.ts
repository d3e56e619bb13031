import { z } from 'zod';
import { directions, type TapRecord } from '../../contract/tap.ts';
import { pullRecordBytesMax } from '../../contract/wire.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { connectionsOf } from './connections.ts';
import { placeOf, type TapStrike, tapStrikes } from './tap-strikes.ts';
import { armedWindows } from './windows.ts';

/** Where the dialogue of a reconnect was to be cut, and what must be true of the record struck there. */
const points: Readonly<Record<string, (struck: TapRecord) => boolean>> = {
  'after-hello': (struck) => isAt(struck, 'up', 2) && isWhole(struck),
  'after-welcome': (struck) => isAt(struck, 'down', 2) && isWhole(struck),
  // Before it or after it comes the first push, which is larger.
  'in-first-pull': (struck) =>
    struck.direction === 'up' && struck.record > 2 && struck.bytesBefore <= pullRecordBytesMax && isPart(struck),
  // Notices of what waits come down before it, in any number.
  'in-first-pull-response': (struck) => struck.direction === 'down' && struck.record > 2 && isPart(struck),
};

const place = z.object({ direction: z.enum(directions), of: z.number(), orMore: z.boolean(), bytes: z.number() });
const told = z.object({ at: z.union([z.string(), place]), times: z.number() });

/**
 * By the tap's journal the dialogue of a reconnect was cut at its point, on as many connections as the fault was told,
 * one after the other: no connection between them came as far, and nothing passed after a cut.
 */
export const dialogueCut: Checker<Record<string, never>> = {
  name: 'dialogue-cut',
  role: 'proof',
  proves: ['cut-reconcile'],
  about: 'The dialogue of a reconnect was cut at its point, on as many connections in a row as told.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'cut-reconcile');
    if (windows.length === 0) clauses.broken('no dialogue was to be cut');
    for (const window of windows) {
      const strikes = tapStrikes(record, window);
      if (strikes === null) {
        clauses.unknown('there is no journal of a tap');
        continue;
      }
      const { at, times } = told.parse(window.parameters);
      const inDialogue = strikes.filter(({ struck }) => isCutAt(struck, at));
      const where = typeof at === 'string' ? at : `after ${at.bytes} bytes of ${at.of} ${at.direction}`;
      const figures = `${inDialogue.length} of ${times} connections cut ${where}`;
      const places = strikes.map(
        ({ struck }) => `${struck.bytesAfter} of ${struck.bytesBefore} bytes of ${placeOf(struck)}`,
      );
      if (inDialogue.length === times) clauses.holds(`${figures}: ${places.join(', ')}`);
      else clauses.broken(figures, places);
      const more = strikes.flatMap(({ later }) => later.filter(({ bytesAfter }) => bytesAfter > 0));
      clauses.none(more.map(placeOf), 'records passed after the cut', 'nothing passed after it');
      clauses.none(between(record, strikes), 'connections came further in between', 'one after the other');
    }
    return clauses.finding();
  },
};

function isCutAt(struck: TapRecord, at: string | z.output<typeof place>): boolean {
  if (typeof at === 'string') return points[at]?.(struck) === true;
  const { direction, bytesBefore, bytesAfter } = struck;
  const isOne = at.orMore ? bytesBefore >= at.of : bytesBefore === at.of;
  return direction === at.direction && isOne && bytesAfter === at.bytes;
}

/** Connections that were not struck, between the first and the last that was, and got beyond their handshake. */
function between(record: TrialRecord, strikes: readonly TapStrike[]): readonly string[] {
  const struck = strikes.map((strike) => strike.struck.connection);
  const link = strikes[0]?.struck.link ?? '';
  return (connectionsOf(record, link) ?? [])
    .filter(({ connection }) => connection > struck[0]! && connection < struck.at(-1)! && !struck.includes(connection))
    .filter(({ entries }) => entries.some((entry) => entry.record >= 2 && entry.bytesAfter > 0))
    .map(({ connection }) => `connection ${connection} of ${link}`);
}

function isAt(struck: TapRecord, direction: 'up' | 'down', record: number): boolean {
  return struck.direction === direction && struck.record === record;
}

function isWhole({ bytesBefore, bytesAfter }: TapRecord): boolean {
  return bytesAfter === bytesBefore;
}

function isPart({ bytesBefore, bytesAfter }: TapRecord): boolean {
  return 0 < bytesAfter && bytesAfter < bytesBefore;
}
