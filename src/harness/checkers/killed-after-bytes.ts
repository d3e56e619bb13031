import { z } from 'zod';
import { byteCount, nodeName } from '../../contract/parameters.ts';
import { directions, isTapRecord } from '../../contract/tap.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({
  link: nodeName,
  direction: z.enum(directions),
  bytes: byteCount,
  /** Only records this large are counted. */
  'of-records-from': byteCount,
  withinMs: z.number().int().positive(),
});

/** By the tap's journal and the arena's word, the process was killed soon after so many bytes of large records passed. */
export const killedAfterBytes: Checker<z.output<typeof parameters>> = {
  name: 'killed-after-bytes',
  role: 'proof',
  about: 'The process was killed soon after so many bytes of large records had passed the tap.',
  parameters,
  judge(record, { link, direction, bytes, 'of-records-from': bytesMin, withinMs }) {
    const clauses = new Clauses();
    const { tapJournal } = record.collected;
    if (tapJournal === null) {
      clauses.unknown('there is no journal of a tap');
      return clauses.finding();
    }
    const windows = armedWindows(record, 'kill');
    if (windows.length === 0) clauses.broken('nothing was killed');
    const loadMs = record.entries.find((entry) => entry.kind === 'phase' && entry.phase === 'loading')?.atMs ?? 0;
    const large = tapJournal
      .filter(isTapRecord)
      .filter((entry) => entry.link === link && entry.direction === direction && entry.bytesBefore >= bytesMin)
      .filter(({ atMs }) => atMs >= loadMs);
    let passed = 0;
    const reached = large.find(({ bytesAfter }) => {
      passed += bytesAfter;
      return passed >= bytes;
    });
    for (const { fault } of windows) {
      const ended = witnessesOf(record, 'process').find(({ entry }) => entry.fault === fault)?.value.endedAtMs ?? null;
      if (ended === null) clauses.unknown('the arena told no instant of the kill');
      else if (reached === undefined) clauses.broken(`only ${passed} bytes of large records passed`);
      else {
        const afterMs = Math.round(ended - reached.atMs);
        const figures = `killed ${afterMs} ms after ${passed} bytes had passed`;
        if (afterMs >= 0 && afterMs <= withinMs) clauses.holds(figures);
        else clauses.broken(`${figures}, expected within ${withinMs} ms`);
      }
    }
    return clauses.finding();
  },
};
