import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

/** By the word of the arena (the engine, in containers) a detached node was on no network, and was on one again after. */
export const networkAbsent: Checker<Record<string, never>> = {
  name: 'network-absent',
  role: 'proof',
  proves: ['detach'],
  about: 'The engine saw a detached node on no network for as long as the fault lasted, and on its network after it.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record, 'detach');
    if (windows.length === 0) clauses.broken('no node was detached');
    const witnesses = witnessesOf(record, 'networks');
    for (const window of windows) {
      const { node } = window.parameters as { node: string };
      const seen = witnesses.filter(({ entry }) => entry.fault === window.fault).map(({ value }) => value.networks);
      const [before, after] = [seen.slice(0, -1), seen.at(-1) ?? []];
      const seconds = ((window.toMs - window.fromMs) / 1000).toFixed(1);
      if (before.length < 2) clauses.broken(`${node} was not looked at from one end of the fault to the other`);
      else if (before.some((networks) => networks.length > 0)) clauses.broken(`${node} was on a network meanwhile`);
      else if (after.length === 0) clauses.broken(`${node} was on no network after the heal`);
      else clauses.holds(`${node} on no network for ${seconds} s`);
    }
    return clauses.finding();
  },
};
