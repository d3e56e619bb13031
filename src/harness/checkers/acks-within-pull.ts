import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { countOf, recordsReceived } from './traffic.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  /** Who pushes, and who pulls meanwhile. */
  pushing: nodeName,
  pulling: nodeName,
  count: z.number().int().positive(),
});

/**
 * While the bandwidth of the pulling node was limited, so many acknowledgements went to the pushing node between the
 * first and the last page that came to the pulling one.
 */
export const acksWithinPull: Checker<z.output<typeof parameters>> = {
  name: 'acks-within-pull',
  role: 'proof',
  proves: ['bandwidth'],
  about: 'So many pushes of one node were acknowledged between the first and the last page that another node pulled.',
  parameters,
  judge(record, { pushing, pulling, count }) {
    const clauses = new Clauses();
    const window = armedWindows(record, 'bandwidth').find(({ links }) => links.includes(pulling));
    if (window === undefined) clauses.broken(`no bandwidth of ${pulling} was limited`);
    const pages = recordsReceived(record, pulling, 'down', clauses)?.filter(
      (one) => countOf([one], 'PULL_RESPONSE') > 0,
    );
    const acks = recordsReceived(record, pushing, 'down', clauses);
    if (window === undefined || pages === undefined || acks === null) return clauses.finding();
    const during = pages.filter(({ lastMs }) => lastMs >= window.fromMs);
    const fromMs = during[0]?.lastMs ?? Number.POSITIVE_INFINITY;
    const toMs = during.at(-1)?.lastMs ?? 0;
    const within = countOf(
      acks.filter(({ lastMs }) => fromMs <= lastMs && lastMs <= toMs),
      'PUSH_ACK',
    );
    const figures = `${within} acknowledgements within ${during.length} pages`;
    if (within >= count) clauses.holds(figures);
    else clauses.broken(`${figures}, expected ${count}`);
    return clauses.finding();
  },
};
