import type { AnswerValue, HeldItem, Operation } from '../../contract/control.ts';
import { sha256 } from '../evidence/digest.ts';
import type { CollectedNode } from '../history/collected.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { DockerNode } from './docker-node.ts';
import type { Gaps } from './gaps.ts';
import { readSqliteCopy, type SqliteRow } from './sqlite-copy.ts';

export interface CollectContext {
  readonly system: SystemManifest;
  readonly gaps: Gaps;
  readonly volumes: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> | null;
  readonly group: string | null;
}

/** What a node's own storage holds. */
export type NodeRows = { readonly items: readonly HeldItem[]; readonly integrityCheck: string };

/** What a node answered while it ran; its rows are read once it stands still. */
export interface AskedNode {
  readonly status: AnswerValue<'status'> | null;
  readonly items: AnswerValue<'items'> | null;
  readonly stats: AnswerValue<'stats'> | null;
}

/** In two steps, because a node that is asked must run and one whose files are copied must not. */
export const collectNode = { ask, finish };

const answerWithinMs = 10_000;

async function ask(node: DockerNode, gaps: Gaps): Promise<AskedNode> {
  const part = (name: string) => `nodes.${node.name}.${name}`;
  const [status, items, stats] = await Promise.all([
    valueFrom(node, 'status', gaps, [part('vector'), part('cursor'), part('pending'), part('outstanding')]),
    valueFrom(node, 'items', gaps, [part('answeredItems')]),
    valueFrom(node, 'stats', gaps, [part('fullRescans')]),
  ]);
  return { status, items, stats };
}

async function valueFrom<Op extends 'status' | 'items' | 'stats'>(
  node: DockerNode,
  op: Op,
  gaps: Gaps,
  parts: readonly string[],
): Promise<AnswerValue<Op> | null> {
  const answered = await node.request(op as Operation, {}, answerWithinMs);
  if (answered.outcome === 'ok') return answered.value as AnswerValue<Op>;
  for (const part of parts) {
    if (answered.outcome === 'unsupported') gaps.cannot(part, `the system has no ${op}`);
    else gaps.lacks(part, `${answered.outcome}: ${answered.message}`);
  }
  return null;
}

function finish(
  node: DockerNode,
  { status, items, stats }: AskedNode,
  { system, rows }: { readonly system: SystemManifest; readonly rows: NodeRows | null },
): CollectedNode {
  const hasRows = system.node.database !== null;
  return {
    alive: node.process.isRunning,
    unscheduledExits: [...node.process.unscheduledExits, ...node.strays],
    itemsFrom: hasRows ? 'rows' : 'answer',
    items: hasRows ? (rows?.items ?? null) : (items?.items ?? null),
    answeredItems: items?.items ?? null,
    vector: status?.vector ?? null,
    cursor: status?.cursor ?? null,
    pending: status?.pending ?? null,
    outstanding: status?.outstanding ?? null,
    fullRescans: stats?.fullRescans ?? null,
    integrityCheck: rows?.integrityCheck ?? null,
  };
}

/** Of a node whose system keeps its items in a database; null without one, and where it cannot be read. */
export async function nodeRows(
  name: string,
  { system, gaps, volumes, group }: CollectContext,
): Promise<NodeRows | null> {
  const { database } = system.node;
  if (database === null || volumes === null) return null; // Written down once, where the volumes could not be read.
  return gaps.try([`nodes.${name}.items`, `nodes.${name}.integrityCheck`], async () => {
    const files = volumes.get(name) ?? new Map();
    const read = await readSqliteCopy(files, { file: database.file, query: database.items, group });
    return { items: read.rows.map(heldItemOf), integrityCheck: read.integrityCheck };
  });
}

/** Columns item, author, sequence, cursor, body, deleted. A deleted item looks alike on every node. */
function heldItemOf({ item, author, sequence, cursor, body, deleted }: SqliteRow): HeldItem {
  const common = { item: String(item), author: String(author), sequence: numberOrNull(sequence) };
  if (Number(deleted) !== 0 || !(body instanceof Uint8Array)) {
    return { ...common, cursor: null, bytes: 0, digest: null, deleted: Number(deleted) !== 0 };
  }
  return { ...common, cursor: numberOrNull(cursor), bytes: body.length, digest: sha256(body), deleted: false };
}

function numberOrNull(value: SqliteRow[string] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
