import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { countOf, recordsReceived } from './traffic.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  link: nodeName,
  /** A message of this size or more counts as slow to come. */
  bytesMin: z.number().int().positive(),
  everyMs: z.number().int().positive(),
});

/**
 * While the parts of a large message came up to the relay, it said so (PROGRESS) at least so often, from the first part
 * to the last.
 */
export const progressEvery: Checker<z.output<typeof parameters>> = {
  name: 'progress-every',
  role: 'reaction',
  about: 'While a large message comes to the relay in parts, the relay tells its sender at least so often.',
  parameters,
  judge(record, { link, bytesMin, everyMs }) {
    const clauses = new Clauses();
    const up = recordsReceived(record, link, 'up', clauses);
    const down = recordsReceived(record, link, 'down', clauses);
    const window = armedWindows(record).find(({ links }) => links.includes(link));
    if (up === null || down === null) return clauses.finding();
    const parts = up.filter(({ bytes, firstMs }) => bytes >= bytesMin && firstMs >= (window?.fromMs ?? 0));
    if (parts.length < 2) {
      clauses.unknown(`no message of ${link} came in parts of ${bytesMin} bytes`);
      return clauses.finding();
    }
    const [fromMs, toMs] = [parts[0]!.firstMs, Math.max(...parts.map(({ lastMs }) => lastMs))];
    const told = down
      .filter((one) => countOf([one], 'PROGRESS') > 0 && one.lastMs >= fromMs && one.lastMs <= toMs)
      .map(({ lastMs }) => lastMs);
    const moments = [fromMs, ...told, toMs];
    const gaps = moments.slice(1).map((atMs, index) => Math.round(atMs - moments[index]!));
    const figures = `${told.length} messages of progress in ${Math.round(toMs - fromMs)} ms, ${Math.max(...gaps)} ms apart at most`;
    judgeTiming(record, clauses, everyMs, Math.max(...gaps) <= everyMs ? [] : [figures], 'gaps too long', figures);
    return clauses.finding();
  },
};
