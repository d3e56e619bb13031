/** What one trial left behind as bytes, opened, read and searched: arithmetic only, so that a thread can do it. */
import { utf8 } from '../../support/bytes.ts';
import { prepareSearch, type RawSource } from '../evidence/canary-search.ts';
import { type CaptureReading, readCapture, type SessionKeys } from '../evidence/capture.ts';
import { scanLogLines } from '../evidence/log-lines.ts';
import { scanPage } from '../evidence/pages.ts';
import { splitCapture } from '../evidence/split-capture.ts';
import type { CollectedCapture, MetadataScan, Missing, SourceSearch } from '../history/collected.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { CollectPlan, NodeName } from '../topology/topology.ts';
import type { CapturedPackets } from './capture-point.ts';
import { type NodeRows, nodeRows } from './collect-node.ts';
import { type RelayRows, relayRows } from './collect-relay.ts';
import { Gaps } from './gaps.ts';

export type PageName = 'health' | 'metrics';

/** Everything can be sent to a thread, which has no Buffers: what was one is an array there. */
export interface Remains {
  readonly system: SystemManifest;
  readonly plan: CollectPlan;
  readonly mark: string;
  readonly nodes: readonly NodeName[];
  readonly sessionKeys: readonly SessionKeys[];
  /** Of each node's proxy. */
  readonly proxyPorts: ReadonlyMap<NodeName, number>;
  /** Who has which address. */
  readonly names: ReadonlyMap<string, string>;
  readonly sharedMachine: string | null;
  readonly captures: readonly CapturedPackets[];
  /** The files of each volume by path; null where they could not be read. */
  readonly volumes: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> | null;
  /** What the relay wrote outside its data. */
  readonly temporary: Uint8Array | null;
  readonly logs: {
    readonly relay: { readonly stdout: Uint8Array; readonly stderr: Uint8Array } | null;
    readonly toxiproxy: { readonly stdout: Uint8Array; readonly stderr: Uint8Array } | null;
    readonly nodes: ReadonlyMap<NodeName, Uint8Array | null>;
  };
  readonly pages: ReadonlyMap<PageName, string>;
}

export interface Examined {
  readonly captures: readonly CollectedCapture[];
  readonly searches: readonly SourceSearch[];
  readonly metadata: MetadataScan;
  /** Null where they could not be read; the reason is in `missing`. */
  readonly nodeRows: ReadonlyMap<NodeName, NodeRows | null>;
  readonly relayRows: RelayRows | null;
  readonly missing: readonly Missing[];
}

/** Never throws for what is damaged or not there: that stands in `missing`. */
export async function examine(remains: Remains): Promise<Examined> {
  const gaps = new Gaps();
  const { system, plan, volumes } = remains;
  const context = { system, gaps, volumes, group: plan.group };
  const readings = readCaptures(remains, gaps);
  const rows = new Map<NodeName, NodeRows | null>();
  for (const node of remains.nodes) rows.set(node, await nodeRows(node, context));
  return {
    captures: readings.map(({ capture }) => capture),
    searches: searchAll(remains, readings),
    metadata: scanMetadata(remains),
    nodeRows: rows,
    relayRows: await relayRows(context),
    missing: gaps.all,
  };
}

function readCaptures(remains: Remains, gaps: Gaps): CaptureReading[] {
  const { system, sessionKeys, mark, names, captures, sharedMachine, proxyPorts } = remains;
  const options = {
    relayPorts: [...proxyPorts.values(), system.relay.port],
    framing: system.relay.framing,
    sessionKeys,
    mark,
    nameOf: (address: string) => names.get(address) ?? address,
  };
  // Of a machine that several nodes share, one for each of them.
  const split = captures.flatMap((one) => (one.point === sharedMachine ? splitCapture(one, proxyPorts) : [one]));
  return split.map((one) => {
    const reading = readCapture({ kind: 'pcap', ...one }, options);
    if (reading.problems.length > 0) gaps.lacks(`captures.${one.point}`, reading.problems.join('; '));
    return reading;
  });
}

function searchAll(remains: Remains, captures: readonly CaptureReading[]): SourceSearch[] {
  const { system, mark, plan, volumes, temporary, pages } = remains;
  const search = prepareSearch(plan.canaries, mark);
  const { relay, toxiproxy, nodes } = remains.logs;
  const sources: RawSource[] = [];
  const addLog = (source: string, ...parts: readonly (Uint8Array | null)[]) => {
    const known = parts.filter((part) => part !== null);
    if (known.length > 0) sources.push({ source, kind: 'log', bytes: Buffer.concat(known) });
  };
  addLog('relay-log', relay?.stdout ?? null, relay?.stderr ?? null);
  addLog('toxiproxy-log', toxiproxy?.stdout ?? null, toxiproxy?.stderr ?? null);
  for (const [node, log] of nodes) addLog(`${node}-log`, log);
  const database = system.relay.database?.file;
  const isDatabase = (path: string) => database !== undefined && path.startsWith(database);
  for (const [path, bytes] of volumes?.get('relay') ?? []) {
    if (isDatabase(path)) sources.push({ source: path, kind: 'database', bytes });
    else sources.push({ source: `relay:${path}`, kind: 'file', bytes });
  }
  if (temporary !== null) sources.push({ source: 'relay:/tmp', kind: 'file', bytes: temporary });
  for (const [name, text] of pages) {
    sources.push({ source: `page:${name}`, kind: 'page', bytes: utf8(`${text}\n${mark}`) });
  }
  for (const { raw, frames } of captures) sources.push(raw, ...(frames === null ? [] : [frames]));
  return sources.map((source) => search.search(source));
}

function scanMetadata({ system, mark, plan, logs, pages }: Remains): MetadataScan {
  const { identifiers } = plan;
  const lines = scanLogLines(textOf(logs.relay?.stderr), system.relay.logEvents, identifiers, mark);
  // What a relay tells its operator stands on stdout and follows no list; identifiers are leaks there too.
  const told = scanLogLines(textOf(logs.relay?.stdout), null, identifiers, mark);
  const scans = [...pages].map(([name, page]) => scanPage(name, page, name, identifiers, mark));
  const judged = (lines.logLines ?? 0) + (system.relay.logEvents === null ? (told.logLines ?? 0) : 0);
  return {
    logLines: logs.relay === null ? null : judged,
    strayLines: [...lines.strayLines, ...told.strayLines],
    pages: pages.size === 0 ? null : [...pages.keys()],
    strayPages: scans.flatMap(({ strayPages }) => strayPages),
    markFound: (logs.relay === null || lines.markFound) && scans.every(({ markFound }) => markFound),
  };
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
