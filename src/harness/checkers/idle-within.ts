import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { downTimes, loadOperations } from './operations.ts';

const parameters = z.strictObject({ node: nodeName, withinMs: z.number().int().positive() });

/** A connection that stands, however it feels. */
const standing: readonly string[] = ['connected', 'degraded'];

/**
 * At most `withinMs` after the load's last operation, or after the last start of its process, the node stands connected
 * and has nothing on its way: no state, item sealed or acknowledgement is announced any more. How the connection feels
 * (`degraded`) may change at any time.
 */
export const idleWithin: Checker<z.output<typeof parameters>> = {
  name: 'idle-within',
  role: 'invariant',
  about: 'So soon after the last operation the node stands connected, with nothing on its way any more.',
  parameters,
  judge(record, { node, withinMs }) {
    const clauses = new Clauses();
    const operations = loadOperations(record);
    const settling = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'collecting');
    if (operations.length === 0 || settling === undefined) {
      clauses.unknown('the load asked for no operation, or the trial did not last until everything was collected');
      return clauses.finding();
    }
    const starts = downTimes(record, node).map(({ toMs }) => toMs);
    const lastMs = Math.max(...operations.map(({ invoked, waitedMs }) => invoked.atMs + waitedMs), ...starts);
    const announced = entriesOf(record.entries, 'event').filter(
      (entry) => entry.node === node && entry.index < settling.index,
    );
    const states = announced.flatMap(({ atMs, event }) =>
      event.event === 'state' ? [{ atMs, state: event.state }] : [],
    );
    const changes = states.filter(({ state }, index) => !(isStanding(state) && isStanding(states[index - 1]?.state)));
    const work = announced.filter(({ event }) => event.event === 'sealed' || event.event === 'acked');
    const idleMs = Math.max(lastMs, ...[...changes, ...work].map(({ atMs }) => atMs)) - lastMs;
    const last = states.at(-1)?.state;
    if (!isStanding(last)) clauses.broken(`${node} was ${last ?? 'in no known state'} in the end`);
    judgeTiming(
      record,
      clauses,
      withinMs,
      idleMs <= withinMs ? [] : [`${node} was idle ${Math.round(idleMs)} ms after the last operation`],
      `nodes not idle within ${withinMs} ms`,
      `${node} idle ${Math.round(idleMs)} ms after the last operation`,
    );
    return clauses.finding();
  },
};

function isStanding(state: string | undefined): boolean {
  return state !== undefined && standing.includes(state);
}
