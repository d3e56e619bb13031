import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countOf } from './traffic.ts';
import { recordsAt } from './wire-times.ts';

const parameters = z.strictObject({
  node: nodeName,
  min: z.number().int().nonnegative().default(0),
  max: z.number().int().positive(),
});

/** From the start of the load on the node asked for so many pages, no fewer and no more: counted on its own wire. */
export const pulls: Checker<z.output<typeof parameters>> = {
  name: 'pulls',
  role: 'reaction',
  about: 'From the start of the load on a node asked for at least and at most so many pages.',
  parameters,
  judge(record, { node, min, max }) {
    const clauses = new Clauses();
    const seen = recordsAt(record, node, clauses);
    if (seen === null) return clauses.finding();
    const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs;
    if (startMs === undefined) clauses.unknown('the load never began');
    else if (seen.every(({ messages }) => messages === null)) clauses.unknown(`the capture at ${node} was not opened`);
    else {
      const asked = countOf(
        seen.filter(({ lastMs }) => lastMs >= startMs),
        'PULL',
      );
      const figures = `${node} asked for ${asked} pages`;
      if (min <= asked && asked <= max) clauses.holds(figures);
      else clauses.broken(`${figures}, expected ${min} to ${max}`);
    }
    return clauses.finding();
  },
};
