import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { noiseMessageBytesMax, recordPrefixBytes } from '../../contract/wire.ts';
import type { CapturedRecord } from '../history/collected.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countOf, recordsReceived } from './traffic.ts';
import { armedWindows } from './windows.ts';

/** With its length before it. */
const recordBytesMax = recordPrefixBytes + noiseMessageBytesMax;

const parameters = z.strictObject({
  link: nodeName,
  min: z.number().int().positive(),
});

/** While the bandwidth was limited, a large message came to the relay in at least so many records, none above the limit. */
export const inRecords: Checker<z.output<typeof parameters>> = {
  name: 'in-records',
  role: 'proof',
  proves: ['bandwidth'],
  about: 'A large message crossed the limited link in at least so many records of at most 65,535 bytes.',
  parameters,
  judge(record, { link, min }) {
    const clauses = new Clauses();
    const window = armedWindows(record, 'bandwidth').find(({ links }) => links.includes(link));
    if (window === undefined) clauses.broken(`no bandwidth of ${link} was limited`);
    const up = recordsReceived(record, link, 'up', clauses);
    if (window === undefined || up === null) return clauses.finding();
    const parts = largestPush(up.filter(({ firstMs }) => firstMs >= window.fromMs));
    const largest = Math.max(0, ...parts.map(({ bytes }) => bytes));
    const figures = `the largest push came in ${parts.length} records, the largest of ${largest} bytes`;
    if (parts.length >= min && largest <= recordBytesMax) clauses.holds(figures);
    else clauses.broken(`${figures}, expected at least ${min} of at most ${recordBytesMax}`);
    return clauses.finding();
  },
};

/** The records of the push that took most bytes: those up to the one in which it ends, from where the message before ended. */
function largestPush(up: readonly CapturedRecord[]): readonly CapturedRecord[] {
  const sizeOf = (records: readonly CapturedRecord[]) => records.reduce((sum, { bytes }) => sum + bytes, 0);
  let largest: readonly CapturedRecord[] = [];
  let open: CapturedRecord[] = [];
  for (const seen of up) {
    open.push(seen);
    if ((seen.messages ?? []).length === 0) continue;
    if (countOf([seen], 'PUSH') > 0 && sizeOf(open) > sizeOf(largest)) largest = open;
    open = [];
  }
  return largest;
}
