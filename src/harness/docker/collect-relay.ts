import type { RelayStats } from '../../contract/relay-stats.ts';
import { sha256 } from '../evidence/digest.ts';
import type { CollectedRelay, RelayRow } from '../history/collected.ts';
import type { CollectContext } from './collect-node.ts';
import type { DockerRelay } from './docker-relay.ts';
import { readSqliteCopy, type SqliteRow } from './sqlite-copy.ts';

/** What the relay's own storage holds; `rows` are null without a group. */
export type RelayRows = { readonly rows: readonly RelayRow[] | null; readonly integrityCheck: string };

export interface AskedRelay extends Pick<CollectContext, 'system' | 'gaps'> {
  readonly stats: RelayStats | null;
  readonly baseline: RelayStats | null;
  readonly closeWait: number | null;
  readonly rows: RelayRows | null;
}

export function collectRelay(relay: DockerRelay, asked: AskedRelay): CollectedRelay {
  const { system, gaps, stats, baseline, closeWait, rows } = asked;
  const hasStats = (system.relay.pages?.stats ?? null) !== null;
  if (!hasStats)
    for (const part of ['relay.stats', 'relay.baseline']) gaps.cannot(part, 'the system has no statistics');
  else if (baseline === null) gaps.lacks('relay.baseline', 'the relay did not answer at the start of the trial');
  return {
    alive: relay.process.isRunning,
    unscheduledExits: relay.process.unscheduledExits,
    stats,
    baseline,
    rows: rows?.rows ?? null,
    integrityCheck: rows?.integrityCheck ?? null,
    closeWait,
  };
}

export async function relayRows({ system, gaps, volumes, group }: CollectContext): Promise<RelayRows | null> {
  const { database } = system.relay;
  const parts = ['relay.rows', 'relay.integrityCheck'];
  if (database === null) {
    for (const part of parts) gaps.cannot(part, 'the system keeps no SQLite database');
    return null;
  }
  if (volumes === null) return null; // Written down once, where the volumes could not be read.
  if (group === null) gaps.lacks('relay.rows', 'the trial has no group');
  return gaps.try(parts, async () => {
    const files = volumes.get('relay') ?? new Map();
    const read = await readSqliteCopy(files, { file: database.file, query: database.rows, group });
    return { rows: group === null ? null : read.rows.map(relayRowOf), integrityCheck: read.integrityCheck };
  });
}

/** Columns item, cursor, sender, payload. */
function relayRowOf({ item, cursor, sender, payload }: SqliteRow): RelayRow {
  const bytes = payload instanceof Uint8Array ? payload : new Uint8Array(0);
  return {
    item: String(item),
    cursor: Number(cursor),
    sender: String(sender),
    bytes: bytes.length,
    payloadDigest: sha256(bytes),
  };
}
