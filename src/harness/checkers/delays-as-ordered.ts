import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

/**
 * What the proxy listed just before each latency was healed holds every delay as it was ordered, for each link and
 * direction of the fault.
 */
export const delaysAsOrdered: Checker<Record<string, never>> = {
  name: 'delays-as-ordered',
  role: 'proof',
  proves: ['latency'],
  about: 'To its very end the proxy listed every delay of a latency fault as it was ordered.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'latency');
    if (windows.length === 0) clauses.broken('no latency was on any link');
    for (const { fault, parameters } of windows) {
      const listed = witnessesOf(record, 'latency').find(({ entry }) => entry.fault === fault)?.value;
      if (listed === undefined) {
        clauses.unknown(`the proxy was not asked about fault ${fault}`);
        continue;
      }
      const { link: links, direction: directions, delay, jitter } = parameters as Ordered;
      const missing = links.flatMap((link) =>
        directions
          .filter(
            (direction) =>
              !listed.some(
                (one) =>
                  one.ability === 'delay' &&
                  one.link === link &&
                  one.direction === direction &&
                  one.measure.delayMs === delay &&
                  one.measure.jitterMs === jitter,
              ),
          )
          .map((direction) => `${link} ${direction}: ${delay} ± ${jitter} ms`),
      );
      clauses.none(missing, 'delays that were not in force', `${links.length * directions.length} delays as ordered`);
    }
    return clauses.finding();
  },
};

/** The parameters of a latency, once read. */
interface Ordered {
  readonly link: readonly string[];
  readonly direction: readonly string[];
  readonly delay: number;
  readonly jitter: number;
}
