import { z } from 'zod';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';

/**
 * No node that was told to connect ever announced a state in which it stopped trying, `stopped` or `disconnected`,
 * before it was told to disconnect or end.
 */
export const statusNeverTerminal: Checker<Record<string, never>> = {
  name: 'status-never-terminal',
  role: 'invariant',
  about:
    'No node ever stops trying by itself: connecting, connected, degraded or reconnecting, never a terminal error.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    for (const node of record.nodes) {
      let isWanted = false;
      let states = 0;
      const terminal: string[] = [];
      for (const entry of record.entries) {
        if (entry.kind === 'invoked' && entry.node === node) {
          if (entry.op === 'connect') isWanted = true;
          if (entry.op === 'disconnect') isWanted = false;
        } else if (entry.kind === 'process' && entry.target === node && /^(stopped|killed)$/.test(entry.event)) {
          isWanted = false;
        } else if (entry.kind === 'event' && entry.node === node && entry.event.event === 'state') {
          states += 1;
          const { state } = entry.event;
          if (isWanted && (state === 'stopped' || state === 'disconnected')) terminal.push(`${node} became ${state}`);
        }
      }
      if (states === 0) clauses.unknown(`${node} announced no state`);
      else clauses.none(terminal, 'terminal states', `${states} states of ${node}, none terminal`);
    }
    const connected = entriesOf(record.entries, 'event').some(
      ({ event }) => event.event === 'state' && event.state === 'connected',
    );
    if (!connected) clauses.unknown('no node was ever connected');
    return clauses.finding();
  },
};
