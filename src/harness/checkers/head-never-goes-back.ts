import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { relaySamples } from './relay-samples.ts';

/**
 * Whenever the relay was looked at, its highest cursor was at least as high as ever before, also after it had been
 * started again: a cursor given twice hides an item from every device that has read past it.
 */
export const headNeverGoesBack: Checker<Record<string, never>> = {
  name: 'head-never-goes-back',
  role: 'invariant',
  about: 'Whenever the relay was looked at, a restart or not, its highest cursor was as high as ever before.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const samples = relaySamples(record);
    const lastStart = entriesOf(record.entries, 'process').findLast(
      ({ target, event }) => target === 'relay' && event === 'started',
    );
    if (samples.length === 0) clauses.unknown('the relay was never looked at');
    else if (lastStart !== undefined && samples.every(({ atMs }) => atMs < lastStart.atMs)) {
      clauses.unknown('the relay was not looked at after its last start');
    }
    const fallen: string[] = [];
    let highest = 0;
    for (const { value } of samples) {
      if (value.headCursor < highest) fallen.push(`${value.headCursor} after ${highest}`);
      highest = Math.max(highest, value.headCursor);
    }
    clauses.none(fallen, 'highest cursors that went down', `${samples.length} looks, up to cursor ${highest}`);
    return clauses.finding();
  },
};
