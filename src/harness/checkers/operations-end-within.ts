import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { downTimes, loadOperations } from './operations.ts';

const parameters = z.strictObject({ node: nodeName.optional(), withinMs: z.number().int().positive() });

/**
 * Every operation of the load was answered within `withinMs`, with success or failure: none hangs. One whose process the
 * scenario ended before that time is not judged.
 */
export const operationsEndWithin: Checker<z.output<typeof parameters>> = {
  name: 'operations-end-within',
  role: 'invariant',
  about: 'Every operation of the load succeeds or fails in time; only the end of its process excuses it.',
  parameters,
  judge(record, { node, withinMs }) {
    const clauses = new Clauses();
    const operations = loadOperations(record, node);
    if (operations.length === 0) clauses.unknown('the load asked for no operation');
    const late: string[] = [];
    let cutOff = 0;
    for (const { invoked, answered, waitedMs } of operations) {
      if (answered !== null && waitedMs <= withinMs) continue;
      const isCutOff = downTimes(record, invoked.node).some(
        ({ fromMs, toMs }) => fromMs <= invoked.atMs + withinMs && invoked.atMs <= toMs,
      );
      const title = `${invoked.op} ${invoked.operation} of ${invoked.node}`;
      if (isCutOff) cutOff += 1;
      else if (waitedMs < withinMs) clauses.unknown(`${title} was waited for only ${Math.round(waitedMs)} ms`);
      else late.push(`${title}: ${answered === null ? 'no answer' : 'answered'} after ${Math.round(waitedMs)} ms`);
    }
    const figures = `${operations.length - cutOff} operations ended, ${cutOff} lost their process`;
    judgeTiming(record, clauses, withinMs, late, `operations that took more than ${withinMs} ms`, figures);
    return clauses.finding();
  },
};
