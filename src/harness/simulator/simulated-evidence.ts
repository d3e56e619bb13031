import type { DatabaseSync } from 'node:sqlite';
import type { HeldItem, Operation } from '../../contract/control.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import { blobKinds } from '../../contract/wire.ts';
import { utf8 } from '../../support/bytes.ts';
import { messageOf } from '../../support/errors.ts';
import { relayEvents } from '../../sut/relay/log-events.ts';
import { type PreparedSearch, prepareSearch, type RawSource } from '../evidence/canary-search.ts';
import { CaptureReader, type SessionKeys } from '../evidence/capture.ts';
import { sha256 } from '../evidence/digest.ts';
import { type LogEvents, scanLogLines } from '../evidence/log-lines.ts';
import { scanPage } from '../evidence/pages.ts';
import type {
  Collected,
  CollectedCapture,
  CollectedNode,
  CollectedRelay,
  MetadataScan,
  Missing,
  RelayRow,
  SourceSearch,
} from '../history/collected.ts';
import type { TapRules } from '../sidecars/tap-rules.ts';
import type { Answered, CollectPlan } from '../topology/topology.ts';
import type { LinkCapture } from './link-capture.ts';
import type { SimulatedLink } from './simulated-link.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { SimulatedRelay } from './simulated-relay.ts';

/** Everything of a stage that evidence is taken from. */
export interface EvidenceSources {
  readonly relay: SimulatedRelay;
  readonly nodes: readonly SimulatedNode[];
  readonly links: readonly SimulatedLink[];
  readonly capture: LinkCapture;
  readonly tap: TapRules | null;
  readonly sessionKeys: readonly SessionKeys[];
  readonly baseline: RelayStats | null;
  readonly mark: string;
  /** Wall clock at the start of the trial. */
  readonly beganMs: number;
}

const pagePaths = { health: '/health', metrics: '/metrics' } as const;
const markedFile = 'relay:marked-file';

/** Writes the mark into the relay's and the nodes' logs and the relay's database, as somebody with access could. */
export function plantMarks(relay: SimulatedRelay, nodes: readonly SimulatedNode[], mark: string): void {
  for (const { machine } of [relay, ...nodes]) machine.logLines.push(mark);
  relay.machine.database.inspect((database) => {
    database.exec('CREATE TABLE IF NOT EXISTS chaos_marks (mark TEXT)');
    database.prepare('INSERT INTO chaos_marks (mark) VALUES (?)').run(mark);
  });
}

/** Takes and searches the evidence of one trial. What cannot be had stands in `missing`, with the reason. */
export async function collectEvidence(sources: EvidenceSources, plan: CollectPlan): Promise<Collected> {
  const { relay, nodes, links, tap, mark } = sources;
  const missing: Missing[] = [];
  const lacks = (part: string, because: string) => void missing.push({ part, because, byDesign: false });
  const secrets = relay.handshakeSecrets(sources.beganMs).map((bytes) => ({ label: 'handshake-secret', bytes }));
  const search = prepareSearch([...plan.canaries, ...secrets], mark);
  const searches: SourceSearch[] = [];
  const collectedNodes: Record<string, CollectedNode> = {};
  const digests = new BodyDigests();
  for (const node of nodes) {
    collectedNodes[node.name] = await collectNode(node, digests, lacks);
    searches.push(search.search(logSource(node.machine)));
  }
  const collectedRelay = await collectRelay(sources, plan.group, lacks);
  const pages = await collectPages(relay, lacks);
  searches.push(search.search(logSource(relay.machine)), ...searchFiles(relay.machine, mark, search));
  for (const [name, text] of pages) {
    searches.push(search.search({ source: `relay${pagePaths[name]}`, kind: 'page', bytes: utf8(`${text}\n${mark}`) }));
  }
  return {
    nodes: collectedNodes,
    relay: collectedRelay,
    searches,
    metadata: scanMetadata(relay.machine, pages, plan, mark),
    captures: collectCaptures(sources, search, searches, lacks),
    tapJournal: tap === null ? null : [...tap.journal],
    links: Object.fromEntries(links.map((link) => [link.node, link.counters])),
    missing,
  };
}

type Lacks = (part: string, because: string) => void;

async function collectNode(node: SimulatedNode, digests: BodyDigests, lacks: Lacks): Promise<CollectedNode> {
  const { machine } = node;
  const lacking = (part: string) => (because: string) => lacks(`nodes.${node.name}.${part}`, because);
  const status = valueIn(await node.request('status', {}), lacking('vector'));
  const answered = valueIn(await node.request('items', {}), lacking('answeredItems'));
  const stats = valueIn(await node.request('stats', {}), lacking('fullRescans'));
  return {
    alive: machine.process !== null,
    unscheduledExits: [...machine.unscheduledExits],
    itemsFrom: 'rows',
    items: inspected(machine, (database) => itemRows(database, digests), lacking('items')),
    answeredItems: answered?.items ?? null,
    vector: status?.vector ?? null,
    cursor: status?.cursor ?? null,
    pending: status?.pending ?? null,
    outstanding: status?.outstanding ?? null,
    fullRescans: stats?.fullRescans ?? null,
    integrityCheck: inspected(machine, integrityCheck, lacking('integrityCheck')),
  };
}

function valueIn<Op extends Operation>(answered: Answered<Op>, lacking: (because: string) => void) {
  if (answered.outcome === 'ok') return answered.value;
  lacking(`${answered.outcome}: ${answered.message}`);
  return null;
}

async function collectRelay(
  { relay, links, baseline }: EvidenceSources,
  group: string | null,
  lacks: Lacks,
): Promise<CollectedRelay> {
  const { machine } = relay;
  const stats = await relay.stats().catch((error: unknown) => {
    lacks('relay.stats', messageOf(error));
    return null;
  });
  if (baseline === null) lacks('relay.baseline', 'the relay did not answer at the start of the trial');
  if (group === null) lacks('relay.rows', 'the trial has no group');
  return {
    alive: machine.process !== null,
    unscheduledExits: [...machine.unscheduledExits],
    stats,
    baseline,
    rows:
      group === null
        ? null
        : inspected(
            machine,
            (database) => relayRows(database, group),
            (because) => lacks('relay.rows', because),
          ),
    integrityCheck: inspected(machine, integrityCheck, (because) => lacks('relay.integrityCheck', because)),
    closeWait: links.reduce((sum, { closeWaitCount }) => sum + closeWaitCount, 0),
  };
}

function inspected<T>(
  { database }: SimulatedMachine,
  work: (database: DatabaseSync) => T,
  lacking: (because: string) => void,
): T | null {
  if (!database.exists) {
    lacking('there is no database');
    return null;
  }
  try {
    return database.inspect(work);
  } catch (error) {
    lacking(messageOf(error));
    return null;
  }
}

/** The digest of each body; the same bytes of one item, which every node holds, are hashed once. */
class BodyDigests {
  readonly #known = new Map<string, { readonly body: Uint8Array; readonly digest: string }>();

  of(item: string, body: Uint8Array): string {
    let known = this.#known.get(item);
    if (known === undefined || Buffer.compare(known.body, body) !== 0) {
      known = { body, digest: sha256(body) };
      this.#known.set(item, known);
    }
    return known.digest;
  }
}

function itemRows(database: DatabaseSync, digests: BodyDigests): HeldItem[] {
  const rows = database
    .prepare(
      `SELECT blob_id AS item, author, sequence, cursor, body, deleted FROM items
       WHERE kind <> ${blobKinds.tombstone} ORDER BY position`,
    )
    .all() as unknown as (Pick<HeldItem, 'item' | 'author' | 'sequence' | 'cursor'> & {
    body: Uint8Array | null;
    deleted: number;
  })[];
  return rows.map(({ item, author, sequence, cursor, body, deleted }) => {
    // A deleted item looks alike on every node, whether that node ever saw it or not.
    if (deleted !== 0 || body === null) {
      return { item, author, sequence, cursor: null, bytes: 0, digest: null, deleted: deleted !== 0 };
    }
    return { item, author, sequence, cursor, bytes: body.length, digest: digests.of(item, body), deleted: false };
  });
}

function relayRows(database: DatabaseSync, group: string): RelayRow[] {
  const rows = database
    .prepare(
      'SELECT blob_id AS item, cursor, sender_id AS sender, payload FROM blobs WHERE group_id = ? ORDER BY cursor',
    )
    .all(group) as unknown as (Pick<RelayRow, 'item' | 'cursor' | 'sender'> & { payload: Uint8Array })[];
  return rows.map(({ item, cursor, sender, payload }) => ({
    item,
    cursor,
    sender,
    bytes: payload.length,
    payloadDigest: sha256(payload),
  }));
}

function integrityCheck(database: DatabaseSync): string {
  return String(database.prepare('PRAGMA integrity_check').get()?.integrity_check);
}

function logSource({ name, logLines }: SimulatedMachine): RawSource {
  return { source: `${name}-log`, kind: 'log', bytes: utf8(logLines.join('\n')) };
}

/** The relay's database, in memory one file without a log of its own, its key file, and the tester's marked file. */
function searchFiles({ database, keyBytes }: SimulatedMachine, mark: string, search: PreparedSearch): SourceSearch[] {
  const sources: RawSource[] = [{ source: markedFile, kind: 'file', bytes: utf8(mark) }];
  const image = database.bytes();
  if (image !== null) sources.push({ source: 'relay.db', kind: 'database', bytes: image });
  if (keyBytes !== null) sources.push({ source: 'relay.key', kind: 'file', bytes: keyBytes });
  return sources.map((source) => search.search(source));
}

type Pages = readonly (readonly [keyof typeof pagePaths, string])[];

async function collectPages(relay: SimulatedRelay, lacks: Lacks): Promise<Pages> {
  const pages: [keyof typeof pagePaths, string][] = [];
  for (const name of ['health', 'metrics'] as const) {
    try {
      pages.push([name, await relay.page(pagePaths[name])]);
    } catch (error) {
      lacks('metadata.pages', messageOf(error));
      lacks('searches.page', messageOf(error));
    }
  }
  return pages;
}

function scanMetadata(machine: SimulatedMachine, pages: Pages, plan: CollectPlan, mark: string): MetadataScan {
  const lines = scanLogLines(machine.logLines.join('\n'), logEvents, plan.identifiers, mark);
  const scans = pages.map(([name, text]) => scanPage(name, text, name, plan.identifiers, mark));
  return {
    logLines: lines.logLines,
    strayLines: lines.strayLines,
    pages: pages.map(([name]) => name),
    strayPages: scans.flatMap((scan) => scan.strayPages),
    markFound: lines.markFound && scans.every((scan) => scan.markFound),
  };
}

/** The closed list of the reference relay's log, in the words that a manifest uses. */
const logEvents: LogEvents = Object.fromEntries(
  Object.entries(relayEvents).map(([event, { fields }]) => [
    event,
    Object.fromEntries(
      Object.entries(fields as Readonly<Record<string, string | readonly string[]>>).map(([field, kind]) => [
        field,
        typeof kind === 'string' ? kind : kind.join('|'),
      ]),
    ),
  ]),
);

/** Adds the searches of the captures to `searches`. */
function collectCaptures(
  { capture, sessionKeys, mark }: EvidenceSources,
  search: PreparedSearch,
  searches: SourceSearch[],
  lacks: Lacks,
): CollectedCapture[] {
  const reader = new CaptureReader({ relayPorts: [], framing: 'records-u16', sessionKeys, mark });
  return capture.inputs().map((input) => {
    const read = reader.read(input);
    searches.push(search.search(read.raw));
    if (read.frames !== null) searches.push(search.search(read.frames));
    if (read.problems.length > 0) lacks(`captures.${input.point}`, read.problems.join('; '));
    return read.capture;
  });
}
