import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { pagesAskedBy } from './pulls.ts';

const parameters = z.strictObject({ node: nodeName, min: z.number().int().positive() });

/** Where asking is the load: that it was done is read on the node's own wire. */
export const pagesAsked: Checker<z.output<typeof parameters>> = {
  name: 'pages-asked',
  role: 'proof',
  about: 'From the start of the load on at least so many requests for a page left the node.',
  parameters,
  judge(record, { node, min }) {
    const clauses = new Clauses();
    const asked = pagesAskedBy(record, node, clauses);
    if (asked !== null) {
      const figures = `${node} asked for ${asked} pages`;
      if (asked >= min) clauses.holds(figures);
      else clauses.broken(`${figures}, expected at least ${min}`);
    }
    return clauses.finding();
  },
};
