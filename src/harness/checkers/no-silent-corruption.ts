import { z } from 'zod';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { judgeAbsence } from './missing.ts';

/**
 * Every plaintext in a store, and every one a node shows, has the digest the tester pushed; every payload at the relay
 * has the digest its author announced when it sealed it. All of them, no tolerance.
 *
 * Not checked: items that are not in the ledger, and items that are missing (`no-data-loss`).
 */
export const noSilentCorruption: Checker<Record<string, never>> = {
  name: 'no-silent-corruption',
  role: 'invariant',
  about: 'Every stored plaintext has the digest that was pushed, every payload at the relay the one its author sealed.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const ledger = ledgerOf(record);
    for (const node of record.nodes) judgeNode(record, node, ledger, clauses);
    judgeRelay(record, ledger, clauses);
    if (record.can.includes('content')) {
      judgeAbsence(record, clauses, 'chunks', 'digests of content chunks');
    } else clauses.notRun('content chunks (the system has none)');
    return clauses.finding();
  },
};

function judgeNode(record: TrialRecord, node: string, ledger: Ledger, clauses: Clauses): void {
  const collected = record.collected.nodes[node];
  const items = collected?.items ?? null;
  if (collected === undefined || items === null) {
    judgeAbsence(record, clauses, `nodes.${node}.items`, `digests on ${node}`);
    return;
  }
  const changed: string[] = [];
  let compared = 0;
  let untold = 0;
  for (const [list, where] of [
    [items, 'stored on'],
    [collected.itemsFrom === 'answer' ? [] : (collected.answeredItems ?? []), 'shown by'],
  ] as const) {
    for (const { item, digest, bytes, deleted } of list) {
      const push = ledger.accepted.get(item);
      if (push === undefined || deleted) continue;
      if (digest === null || push.digest === null) untold += 1;
      else if (digest !== push.digest) changed.push(`${item} ${where} ${node} is not what was pushed`);
      else if (push.bytes !== null && bytes !== push.bytes) {
        changed.push(`${item} ${where} ${node} is said to have ${bytes} bytes, pushed were ${push.bytes}`);
      } else compared += 1;
    }
  }
  if (untold > 0) clauses.unknown(`${untold} items on ${node} have no digest to compare`);
  if (compared === 0 && changed.length === 0) clauses.unknown(`no item on ${node} could be compared`);
  else clauses.none(changed, 'plaintexts changed', `${compared} plaintexts compared on ${node}`);
}

function judgeRelay(record: TrialRecord, ledger: Ledger, clauses: Clauses): void {
  if (!record.can.includes('rows') || !record.can.includes('sealed')) {
    clauses.notRun('payloads at the relay (their rows cannot be read)');
    return;
  }
  const { rows } = record.collected.relay;
  if (rows === null) {
    judgeAbsence(record, clauses, 'relay.rows', 'payloads at the relay');
    return;
  }
  const changed: string[] = [];
  const unsealed: string[] = [];
  for (const row of rows) {
    const sealed = ledger.facts.get(row.item)?.sealedDigests ?? new Set<string>();
    if (sealed.size === 0) unsealed.push(row.item);
    else if (!sealed.has(row.payloadDigest)) changed.push(`${row.item} at the relay is not what its author sealed`);
  }
  // What every node acknowledged may be cleaned away; but then the relay counted it.
  if (rows.length === 0 && !hasRemoved(record)) {
    clauses.unknown('the relay holds no payload and says that it removed none');
    return;
  }
  if (unsealed.length > 0) clauses.unknown(`nobody announced having sealed ${unsealed.length} rows of the relay`);
  clauses.none(changed, 'payloads changed at the relay', `${rows.length} payloads compared at the relay`);
}

function hasRemoved(record: TrialRecord): boolean {
  const { stats, baseline } = record.collected.relay;
  if (stats === null) return false;
  return stats.deleted + stats.expired > (baseline === null ? 0 : baseline.deleted + baseline.expired);
}
