/** Everything one trial left behind, taken from outside the system where that is possible, and searched. */
import type { Capability } from '../../contract/capabilities.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import { utf8 } from '../../support/bytes.ts';
import { prepareSearch, type RawSource } from '../evidence/canary-search.ts';
import { type CaptureReading, readCapture, type SessionKeys } from '../evidence/capture.ts';
import { scanLogLines } from '../evidence/log-lines.ts';
import { scanPage } from '../evidence/pages.ts';
import { splitCapture } from '../evidence/split-capture.ts';
import type { Collected, MetadataScan, SourceSearch } from '../history/collected.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { CollectPlan } from '../topology/topology.ts';
import type { CapturePoint } from './capture-point.ts';
import { collectNode } from './collect-node.ts';
import { collectRelay } from './collect-relay.ts';
import type { DockerLink } from './docker-link.ts';
import { Gaps } from './gaps.ts';
import type { LogPart, LogReader } from './log-reader.ts';
import { shellFiles } from './shell.ts';
import type { StageParts } from './stage-parts.ts';
import type { VolumeFiles } from './volume-keeper.ts';

export interface EvidenceSources {
  readonly system: SystemManifest;
  readonly can: readonly Capability[];
  readonly parts: StageParts;
  readonly links: readonly DockerLink[];
  readonly logs: { readonly relay: LogReader; readonly toxiproxy: LogReader };
  readonly sessionKeys: readonly SessionKeys[];
  readonly baseline: RelayStats | null;
  readonly mark: string;
}

type PageName = 'health' | 'metrics';
type Pages = ReadonlyMap<PageName, string>;
type Volumes = ReadonlyMap<string, VolumeFiles>;

/** Never throws for what cannot be had: that stands in `missing`, and the checks that need it answer unknown. */
export async function collectEvidence(sources: EvidenceSources, plan: CollectPlan): Promise<Collected> {
  const { parts, links } = sources;
  const gaps = new Gaps();
  const { relay, nodes } = parts;

  // Asked while everything runs. Statistics come before pages, whose connections they count.
  const [stats, pages, asked, linkBytes, closeWait] = await Promise.all([
    gaps.try('relay.stats', () => relay.stats()),
    fetchPages(sources, gaps),
    Promise.all([...nodes.values()].map((node) => collectNode.ask(node, gaps))),
    gaps.try('links', () => parts.readLinkBytes()),
    gaps.try('relay.closeWait', () => parts.relayCapture.closeWait()),
  ]);
  const [volumes, captures, relayLog, toxiproxyLog, journal] = await Promise.all([
    gaps.try(['relay.rows', 'relay.integrityCheck', 'searches.database', 'searches.file', ...nodeRows(parts)], () =>
      readVolumes(parts),
    ),
    endCaptures(sources, gaps),
    gaps.try(['searches.relay-log', 'metadata.logLines'], () => sources.logs.relay.read()),
    gaps.try('searches.toxiproxy-log', () => sources.logs.toxiproxy.read()),
    gaps.try('tapJournal', async () => (await parts.tap?.journal()) ?? null),
  ]);

  const temporary = await gaps.try('searches.file', () => temporaryFiles(parts, volumes));
  const context = { system: sources.system, gaps, volumes, group: plan.group };
  const collectedNodes = await Promise.all(
    [...nodes.values()].map(async (node, index) => [node.name, await collectNode.finish(node, asked[index]!, context)]),
  );
  const collectedRelay = await collectRelay(relay, { ...context, stats, baseline: sources.baseline, closeWait });
  const relayFiles = volumes?.get('relay') ?? null;
  const searches = searchAll(sources, plan, {
    logs: new Map([
      ['relay-log', relayLog === null ? null : bothOf(relayLog)],
      ['toxiproxy-log', toxiproxyLog === null ? null : bothOf(toxiproxyLog)],
      ...[...nodes.values()].map((node) => [`${node.name}-log`, node.takeLog()] as const),
    ]),
    files: relayFiles,
    temporary,
    pages,
    captures,
  });
  return {
    nodes: Object.fromEntries(collectedNodes),
    relay: collectedRelay,
    searches,
    metadata: scanMetadata(sources, plan, { relayLog, pages }),
    captures: captures.map(({ capture }) => capture),
    tapJournal: journal,
    links: Object.fromEntries(linkBytes === null ? [] : links.map((link) => [link.node, link.witnessFrom(linkBytes)])),
    missing: gaps.all,
  };
}

function nodeRows({ nodes }: StageParts): string[] {
  return [...nodes.keys()].map((node) => `nodes.${node}.items`);
}

function bothOf({ stdout, stderr }: LogPart): Buffer {
  return Buffer.concat([stdout, stderr]);
}

async function endCaptures(sources: EvidenceSources, gaps: Gaps): Promise<CaptureReading[]> {
  const { parts, system, sessionKeys, mark } = sources;
  const nodes = [...parts.nodes.keys()];
  const relayPorts = [...nodes.map((node) => parts.addresses.proxyPort(node)), system.relay.port];
  const nameOf = (address: string) => parts.addresses.nameOf(address);
  const options = { relayPorts, framing: system.relay.framing, sessionKeys, mark, nameOf };
  const read = await Promise.all(
    parts.captures.map(async (capture) => {
      const points = capture.point === parts.sharedMachine ? nodes : [capture.point];
      const ended = await gaps.try(
        points.map((point) => `captures.${point}`),
        () => endCapture(capture, parts),
      );
      return (ended ?? []).map((one) => {
        const reading = readCapture({ kind: 'pcap', ...one }, options);
        if (reading.problems.length > 0) gaps.lacks(`captures.${one.point}`, reading.problems.join('; '));
        return reading;
      });
    }),
  );
  return read.flat();
}

/** Of a machine that several nodes share, one for each of them. */
async function endCapture(capture: CapturePoint, { nodes, addresses, sharedMachine }: StageParts) {
  const ended = await capture.end();
  if (ended === null) throw new Error('no capture was begun');
  if (capture.point !== sharedMachine) return [ended];
  return splitCapture(ended, new Map([...nodes.keys()].map((node) => [node, addresses.proxyPort(node)])));
}

async function fetchPages({ parts, system }: EvidenceSources, gaps: Gaps): Promise<Pages> {
  const pages = new Map<PageName, string>();
  for (const name of ['health', 'metrics'] as const) {
    const path = system.relay.pages?.[name];
    if (path === undefined || path === null) continue;
    const text = await gaps.try(['metadata.pages', 'searches.page'], async () => (await parts.relay.page(path)).body);
    if (text !== null) pages.set(name, text);
  }
  if (pages.size === 0 && system.relay.pages === null) {
    for (const part of ['metadata.pages', 'searches.page']) gaps.cannot(part, 'the system serves no pages');
  }
  return pages;
}

/** Their owners stand still meanwhile, so that a database and its log fit together. */
async function readVolumes({ relay, nodes, keeper }: StageParts): Promise<Volumes> {
  const processes = [relay, ...nodes.values()].map(({ process }) => process);
  const paused = processes.filter(({ isRunning, isPaused }) => isRunning && !isPaused);
  try {
    await Promise.all(paused.map((process) => process.pause()));
    return await keeper.read();
  } finally {
    await Promise.all(paused.map((process) => process.resume()));
  }
}

/**
 * What the relay wrote outside its data: its own layer is read-only in every topology, by the engine's word, and the one
 * other folder that it can write to is a volume.
 */
async function temporaryFiles({ docker, relay }: StageParts, volumes: Volumes | null): Promise<Buffer | null> {
  const { HostConfig } = await docker.getContainer(relay.process.id).inspect();
  if (HostConfig.ReadonlyRootfs !== true) throw new Error('the relay’s root file system is not read-only');
  if (volumes === null) return null; // Written down once, where the volumes could not be read.
  const files = [...(volumes.get('relay-tmp') ?? [])].filter(([path]) => !shellFiles.includes(path));
  return Buffer.concat(files.flatMap(([path, content]) => [utf8(`${path}\n`), content]));
}

interface Searched {
  readonly logs: ReadonlyMap<string, Buffer | null>;
  readonly files: VolumeFiles | null;
  readonly temporary: Buffer | null;
  readonly pages: Pages;
  readonly captures: readonly CaptureReading[];
}

function searchAll({ system, mark }: EvidenceSources, plan: CollectPlan, searched: Searched): SourceSearch[] {
  const { logs, files, temporary, pages, captures } = searched;
  const search = prepareSearch(plan.canaries, mark);
  const sources: RawSource[] = [...logs].flatMap(([source, bytes]) =>
    bytes === null ? [] : [{ source, kind: 'log', bytes }],
  );
  const database = system.relay.database?.file;
  const isDatabase = (path: string) => database !== undefined && path.startsWith(database);
  for (const [path, bytes] of files ?? []) {
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

function scanMetadata(
  { system, mark }: EvidenceSources,
  { identifiers }: CollectPlan,
  { relayLog, pages }: { readonly relayLog: LogPart | null; readonly pages: Pages },
): MetadataScan {
  const lines = scanLogLines(relayLog?.stderr.toString('utf8') ?? '', system.relay.logEvents, identifiers, mark);
  // What a relay tells its operator stands on stdout and follows no list; identifiers are leaks there too.
  const told = scanLogLines(relayLog?.stdout.toString('utf8') ?? '', null, identifiers, mark);
  const scans = [...pages].map(([name, page]) => scanPage(name, page, name, identifiers, mark));
  const judged = (lines.logLines ?? 0) + (system.relay.logEvents === null ? (told.logLines ?? 0) : 0);
  return {
    logLines: relayLog === null ? null : judged,
    strayLines: [...lines.strayLines, ...told.strayLines],
    pages: pages.size === 0 ? null : [...pages.keys()],
    strayPages: scans.flatMap(({ strayPages }) => strayPages),
    markFound: (relayLog === null || lines.markFound) && scans.every(({ markFound }) => markFound),
  };
}
