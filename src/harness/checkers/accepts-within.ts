import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';

const parameters = z.strictObject({
  /** Of this link, at the tap; left out: of all, at the relay's own interface. */
  link: nodeName.optional(),
  count: z.number().int().positive(),
  withinMs: z.number().int().positive(),
});

/** From the start of the load on so many connections were made within a span of this length. */
export const acceptsWithin: Checker<z.output<typeof parameters>> = {
  name: 'accepts-within',
  role: 'proof',
  about: 'So many connections, of a link or of all, were made within so short a time.',
  parameters,
  judge(record, { link, count, withinMs }) {
    const clauses = new Clauses();
    const seen = link === undefined ? openedAtRelay(record) : openedAtTap(record, link);
    if (seen === null) {
      clauses.unknown(link === undefined ? 'no connection was captured at the relay' : 'there is no journal of a tap');
      return clauses.finding();
    }
    const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs ?? 0;
    const opened = seen.filter((atMs) => atMs >= startMs).toSorted((a, b) => a - b);
    const spans = opened.slice(count - 1).map((atMs, index) => atMs - opened[index]!);
    const figures = `${opened.length} connections of ${link ?? 'all nodes'} accepted`;
    const shortestMs = Math.min(...spans);
    const said = `${figures}, expected ${count} within ${withinMs} ms`;
    if (spans.length === 0) clauses.broken(said);
    else {
      const told = `${figures}, ${count} of them within ${Math.round(shortestMs)} ms`;
      // Each connection has its share of the span: a timer that is late for each is late so many times.
      judgeTiming(record, clauses, Math.round(withinMs / count), shortestMs <= withinMs ? [] : [told], said, told);
    }
    return clauses.finding();
  },
};

function openedAtTap(record: TrialRecord, link: string): readonly number[] | null {
  const journal = record.collected.tapJournal?.filter((entry) => entry.action === 'open' && entry.link === link);
  return journal?.map(({ atMs }) => atMs) ?? null;
}

function openedAtRelay(record: TrialRecord): readonly number[] | null {
  const connections = record.collected.captures.find(({ point }) => point === 'relay')?.connections ?? [];
  return connections.length === 0 ? null : connections.flatMap(({ openedMs }) => openedMs ?? []);
}
