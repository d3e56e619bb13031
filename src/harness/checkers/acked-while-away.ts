import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { relaySamples } from './relay-samples.ts';
import { armedWindows, isWithin } from './windows.ts';

const parameters = z.strictObject({
  node: nodeName,
  count: z.number().int().positive(),
});

/**
 * While one fault was on, so many pushes were acknowledged, and whenever the relay was looked at from before the first
 * of these acknowledgements to after the last, it had no session of the node.
 */
export const ackedWhileAway: Checker<z.output<typeof parameters>> = {
  name: 'acked-while-away',
  role: 'proof',
  about: 'While the fault was on, so many pushes were acknowledged and the relay had no session of the node.',
  parameters,
  judge(record, { node, count }) {
    const clauses = new Clauses();
    const samples = relaySamples(record);
    const window = armedWindows(record, 'detach').find(({ parameters: at }) => (at as { node: string }).node === node);
    if (window === undefined) clauses.broken(`${node} was not detached`);
    else if (samples.length === 0) clauses.unknown('nobody read the relay’s sessions');
    else {
      const acks = entriesOf(record.entries, 'event').filter(
        ({ atMs, event }) => event.event === 'acked' && isWithin(window, atMs),
      );
      const [firstMs, lastMs] = [acks[0]?.atMs ?? window.fromMs, acks.at(-1)?.atMs ?? window.toMs];
      const before = samples.findLast(({ atMs }) => atMs <= firstMs);
      const after = samples.find(({ atMs }) => atMs >= lastMs);
      const looks = samples.filter(({ atMs }) => (before?.atMs ?? firstMs) <= atMs && atMs <= (after?.atMs ?? lastMs));
      const there = looks.filter(({ value }) => (value.sessions[node] ?? []).length > 0).length;
      if (acks.length < count)
        clauses.broken(`${acks.length} acknowledgements while ${node} was detached, expected ${count}`);
      else if (before === undefined || after === undefined)
        clauses.broken('the relay was not looked at before and after');
      else if (there > 0) clauses.broken(`the relay had a session of ${node} at ${there} of ${looks.length} looks`);
      else clauses.holds(`${acks.length} acknowledgements, and no session of ${node} at ${looks.length} looks`);
    }
    return clauses.finding();
  },
};
