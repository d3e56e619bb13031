import { z } from 'zod';
import { byteCount, nodeName } from '../../contract/parameters.ts';
import { isTapRecord, type TapRecord } from '../../contract/tap.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  link: nodeName,
  /** Records this large belong to the large push. */
  'of-records-from': byteCount,
});

/**
 * By the tap’s journal the process was killed between the first and the last byte of a large push: records of it had
 * passed and one was held in the middle; of a killed node nothing more of that connection passed. The instant is the
 * engine’s.
 */
export const struckInsidePush: Checker<z.output<typeof parameters>> = {
  name: 'struck-inside-push',
  role: 'proof',
  about: 'The process was killed when part of a large push had passed the tap, and before the rest of it did.',
  parameters,
  judge(record, { link, 'of-records-from': bytesMin }) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'kill');
    if (windows.length === 0) clauses.broken('nothing was killed');
    const { tapJournal } = record.collected;
    if (tapJournal === null) {
      clauses.unknown('there is no journal of a tap');
      return clauses.finding();
    }
    const records = tapJournal.filter(isTapRecord).filter((entry) => entry.link === link && entry.direction === 'up');
    for (const { fault, parameters: struck } of windows) {
      const endedAtMs =
        witnessesOf(record, 'process').find(({ entry }) => entry.fault === fault)?.value.endedAtMs ?? null;
      if (endedAtMs === null) clauses.unknown('the engine told no instant of the kill');
      else {
        const { target } = struck as { target?: unknown };
        const begun = begunAt(endedAtMs, records, bytesMin);
        if (typeof begun === 'string') clauses.broken(begun);
        // What a tap on a busy machine still passes to a relay that is gone, nobody reads.
        else if (target !== 'relay' && begun.passedLater > 0)
          clauses.broken(`${begun.passedLater} bytes of its connection passed after the kill`);
        else clauses.holds(`${begun.passed} bytes of the push had passed ${begun.beforeMs} ms before the kill`);
      }
    }
    return clauses.finding();
  },
};

/** What had passed of the push at that moment, and what passed later; or why the moment was not inside one. */
function begunAt(endedAtMs: number, records: readonly TapRecord[], bytesMin: number) {
  const last = records.findLast(({ atMs }) => atMs <= endedAtMs);
  if (last === undefined) return 'nothing passed before the kill';
  if (last.action !== 'hold' || last.bytesAfter >= last.bytesBefore) return 'no push was on its way at the kill';
  const connection = records.filter((entry) => entry.connection === last.connection);
  const at = connection.indexOf(last);
  const passedLater = connection.slice(at + 1).reduce((sum, { bytesAfter }) => sum + bytesAfter, 0);
  const before = connection.slice(0, at);
  const start = before.findLastIndex(({ bytesBefore }) => bytesBefore < bytesMin) + 1;
  const passed = [...before.slice(start), last].reduce((sum, { bytesAfter }) => sum + bytesAfter, 0);
  if (last.bytesBefore < bytesMin || passed === 0) return 'what was on its way at the kill was no large push';
  return { passed, passedLater, beforeMs: Math.round(endedAtMs - last.atMs) };
}
