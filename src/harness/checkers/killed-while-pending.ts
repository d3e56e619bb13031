import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { entriesOf } from '../history/history.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { ledgerOf } from './ledger.ts';
import { armedWindows } from './windows.ts';

const parameters = z.strictObject({ node: nodeName });

/**
 * At each kill of the node something waited in its outbox: the node had accepted more pushes than acknowledgements had
 * passed its interface. That it was a SIGKILL is for `process-struck` to say.
 */
export const killedWhilePending: Checker<z.output<typeof parameters>> = {
  name: 'killed-while-pending',
  role: 'proof',
  about: 'At each kill of the node it had accepted more pushes than acknowledgements had reached its interface.',
  parameters,
  judge(record, { node }) {
    const clauses = new Clauses();
    const kills = armedWindows(record, 'kill').filter(
      ({ parameters: at }) => (at as { target: string }).target === node,
    );
    const killed = entriesOf(record.entries, 'process').filter(
      ({ target, event }) => target === node && event === 'killed',
    );
    const records = record.collected.captures.find(({ point }) => point === node)?.records ?? [];
    const acks = records
      .filter(({ direction }) => direction === 'down')
      .flatMap(({ lastMs, messages }) => (messages ?? []).filter((type) => type === 'PUSH_ACK').map(() => lastMs));
    const accepted = ledgerOf(record).pushes.filter((push) => push.node === node && push.outcome === 'accepted');
    if (kills.length === 0) clauses.broken(`${node} was not killed`);
    else if (acks.length === 0) clauses.unknown(`no acknowledgement was seen at the interface of ${node}`);
    for (const kill of acks.length === 0 ? [] : killed.slice(0, kills.length)) {
      const before = accepted.filter(({ answered }) => answered!.index < kill.index).length;
      const acked = acks.filter((atMs) => atMs <= kill.atMs).length;
      const figures = `${before} pushes accepted and ${acked} acknowledgements come when ${node} was killed`;
      if (before > acked) clauses.holds(figures);
      else clauses.broken(`${figures}: nothing was waiting`);
    }
    return clauses.finding();
  },
};
