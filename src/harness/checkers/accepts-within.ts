import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';

const parameters = z.strictObject({
  link: nodeName,
  count: z.number().int().positive(),
  withinMs: z.number().int().positive(),
});

/** From the start of the load on the tap accepted so many connections of one link within a span of this length. */
export const acceptsWithin: Checker<z.output<typeof parameters>> = {
  name: 'accepts-within',
  role: 'proof',
  about: 'So many connections of a link were accepted within so short a time.',
  parameters,
  judge(record, { link, count, withinMs }) {
    const clauses = new Clauses();
    const { tapJournal } = record.collected;
    if (tapJournal === null) {
      clauses.unknown('there is no journal of a tap');
      return clauses.finding();
    }
    const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs ?? 0;
    const opened = tapJournal
      .filter((entry) => entry.action === 'open' && entry.link === link && entry.atMs >= startMs)
      .map(({ atMs }) => atMs);
    const spans = opened.slice(count - 1).map((atMs, index) => atMs - opened[index]!);
    const figures = `${opened.length} connections of ${link} accepted`;
    const shortestMs = Math.min(...spans);
    const said = `${figures}, expected ${count} within ${withinMs} ms`;
    if (spans.length === 0) clauses.broken(said);
    else {
      const told = `${figures}, ${count} of them within ${Math.round(shortestMs)} ms`;
      judgeTiming(record, clauses, withinMs, shortestMs <= withinMs ? [] : [told], said, told);
    }
    return clauses.finding();
  },
};
