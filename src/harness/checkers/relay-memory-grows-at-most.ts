import { z } from 'zod';
import { byteCount } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { relaySamples } from './relay-samples.ts';
import { faultWindows } from './windows.ts';

const parameters = z.strictObject({ bytes: byteCount });

/**
 * From the last look before the fault to the largest after it the relay's memory grew by so many bytes at most, by its
 * own word on its process. It binds disarmed too.
 *
 * Not checked: growth that the load itself brings before the fault comes on.
 */
export const relayMemoryGrowsAtMost: Checker<z.output<typeof parameters>> = {
  name: 'relay-memory-grows-at-most',
  role: 'invariant',
  about: 'Since the fault came on, the relay’s memory was never more than so many bytes above what it was before.',
  parameters,
  judge(record, { bytes }) {
    const clauses = new Clauses();
    const samples = relaySamples(record);
    const beganMs = Math.min(...faultWindows(record).map(({ fromMs }) => fromMs));
    const before = samples.findLast(({ atMs }) => atMs < beganMs)?.value.residentBytes;
    const since = samples.filter(({ atMs }) => atMs >= beganMs).map(({ value }) => value.residentBytes);
    if (before === undefined || since.length === 0) clauses.unknown('nobody looked at the relay before and after');
    else {
      const grown = Math.max(...since) - before;
      const figures = `grew by ${grown} bytes from ${before}, by ${since.length} looks`;
      if (grown <= bytes) clauses.holds(figures);
      else clauses.broken(`${figures}, allowed are ${bytes}`);
    }
    return clauses.finding();
  },
};
