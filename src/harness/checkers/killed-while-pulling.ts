import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { countOf, recordsSeen } from './traffic.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({
  node: nodeName,
  /** Another node that was in the middle of pulling as well. */
  beside: nodeName,
});

/**
 * At each kill of the node it and another one had got pages since the load began, and got more after it: counted at
 * their own interfaces. That it was a SIGKILL is for `process-struck` to say.
 */
export const killedWhilePulling: Checker<z.output<typeof parameters>> = {
  name: 'killed-while-pulling',
  role: 'proof',
  about: 'At each kill of the node it was in the middle of its pages, and so was another node.',
  parameters,
  judge(record, { node, beside }) {
    const clauses = new Clauses();
    const struck = armedWindows(record, 'kill').filter(
      ({ parameters: at }) => (at as { target: string }).target === node,
    );
    const kills = entriesOf(record.entries, 'process').filter(
      ({ target, event }) => target === node && event === 'killed',
    );
    const startMs = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading')?.atMs ?? 0;
    if (struck.length === 0) clauses.broken(`${node} was not killed`);
    for (const one of struck.length === 0 ? [] : [node, beside]) {
      const seen = recordsSeen(record, one, 'down', clauses)?.filter(({ lastMs }) => lastMs >= startMs);
      if (seen === undefined) continue;
      if (seen.every(({ messages }) => messages === null)) {
        clauses.unknown(`the capture at ${one} was not opened`);
        continue;
      }
      const pages = seen.filter((each) => countOf([each], 'PULL_RESPONSE') > 0);
      const pullMs = Math.round((pages.at(-1)?.lastMs ?? 0) - (pages[0]?.lastMs ?? 0));
      for (const { atMs } of kills.slice(0, struck.length)) {
        const before = countOf(
          seen.filter(({ lastMs }) => lastMs <= atMs),
          'PULL_RESPONSE',
        );
        const after = countOf(seen, 'PULL_RESPONSE') - before;
        const figures = `${one} got ${before} pages before the kill and ${after} after it`;
        // A tester that was late by a good part of the pull kills too late.
        const isLate = before > 1 && after === 0;
        if (isLate) judgeTiming(record, clauses, pullMs, [figures], 'not in the middle', figures);
        else if (before > 0 && after > 0) clauses.holds(figures);
        else clauses.broken(`${figures}: it was not in the middle`);
      }
    }
    return clauses.finding();
  },
};
