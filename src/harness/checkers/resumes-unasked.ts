import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';

const parameters = z.strictObject({ node: nodeName });

/** After the last end of its process the node connects, and what it pushes is acknowledged, though nobody told it to connect. */
export const resumesUnasked: Checker<z.output<typeof parameters>> = {
  name: 'resumes-unasked',
  role: 'reaction',
  about: 'A node that was started again connects and has its items acknowledged without being told to.',
  parameters,
  judge(record, { node }) {
    const clauses = new Clauses();
    const ended = entriesOf(record.entries, 'process').findLast(
      ({ target, event }) => target === node && (event === 'killed' || event === 'stopped'),
    );
    if (ended === undefined) {
      clauses.unknown(`${node} was not ended`);
      return clauses.finding();
    }
    const after = record.entries.filter(({ index }) => index > ended.index);
    const told = entriesOf(after, 'invoked').find(
      (entry) => entry.node === node && ['connect', 'reopen', 'pair'].includes(entry.op),
    );
    const before = after.filter(({ index }) => told === undefined || index < told.index);
    const events = entriesOf(before, 'event').filter((entry) => entry.node === node);
    const isConnected = events.some(({ event }) => event.event === 'state' && event.state === 'connected');
    if (!isConnected) clauses.broken(`${node} did not connect by itself after its end`);
    else if (!events.some(({ event }) => event.event === 'acked'))
      clauses.broken(`nothing of ${node} was acknowledged after its end`);
    else clauses.holds(`${node} connected by itself and was acknowledged`);
    return clauses.finding();
  },
};
