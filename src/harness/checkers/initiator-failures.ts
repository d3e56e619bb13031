import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { windowsByLink } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

const parameters = z.strictObject({ node: nodeName.optional(), count: z.number().int().positive().default(1) });

/** The node’s counter of failed handshakes rose by exactly `count` while the fault was on. Never a proof by itself. */
export const initiatorFailures: Checker<z.output<typeof parameters>> = {
  name: 'initiator-failures',
  role: 'proof',
  about: 'The initiator’s counter of failed handshakes rose by so many; used beside a proof from outside.',
  parameters,
  judge(record, { node, count }) {
    const clauses = new Clauses();
    const windows = windowsByLink(record, node);
    if (windows.length === 0) clauses.broken('no fault was on any link');
    const seen = witnessesOf(record, 'handshake-failures');
    for (const { link, fromIndex } of windows) {
      const own = seen.filter(({ value }) => value.node === link);
      const before = own.filter(({ entry }) => entry.index < fromIndex).at(-1);
      const after = own.find(({ entry }) => entry.index > fromIndex);
      if (before === undefined || after === undefined) {
        clauses.unknown(`the failures of ${link} were not read before and after the fault`);
        continue;
      }
      const growth = after.value.total - before.value.total;
      if (growth === count) clauses.holds(`${link} counted ${growth} more failed handshakes`);
      else clauses.broken(`${link} counted ${growth} more failed handshakes, expected ${count}`);
    }
    return clauses.finding();
  },
};
