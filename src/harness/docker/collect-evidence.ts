/** Everything one trial left behind, taken from outside the system where that is possible, and searched. */
import type { Capability } from '../../contract/capabilities.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import { utf8 } from '../../support/bytes.ts';
import type { SessionKeys } from '../evidence/capture.ts';
import type { Collected } from '../history/collected.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { CollectPlan } from '../topology/topology.ts';
import type { CapturedPackets, CapturePoint } from './capture-point.ts';
import { collectNode } from './collect-node.ts';
import { collectRelay } from './collect-relay.ts';
import type { DockerLink } from './docker-link.ts';
import type { PageName } from './examine.ts';
import type { Examiner } from './examiner.ts';
import { Gaps } from './gaps.ts';
import type { LogReader } from './log-reader.ts';
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
  readonly examiner: Examiner;
}

type Pages = ReadonlyMap<PageName, string>;
type Volumes = ReadonlyMap<string, VolumeFiles>;

/** Never throws for what cannot be had: that stands in `missing`, and the checks that need it answer unknown. */
export async function collectEvidence(sources: EvidenceSources, plan: CollectPlan): Promise<Collected> {
  const { system, parts, links } = sources;
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
    gaps.try(['relay.rows', 'relay.integrityCheck', 'searches.database', 'searches.file', ...itemsOf(parts)], () =>
      readVolumes(parts),
    ),
    endCaptures(sources, gaps),
    gaps.try(['searches.relay-log', 'metadata.logLines'], () => sources.logs.relay.read()),
    gaps.try('searches.toxiproxy-log', () => sources.logs.toxiproxy.read()),
    gaps.try('tapJournal', async () => (await parts.tap?.journal()) ?? null),
  ]);

  const temporary = await gaps.try('searches.file', () => temporaryFiles(parts, volumes));
  const examined = await sources.examiner.examine({
    system,
    plan,
    mark: sources.mark,
    nodes: [...nodes.keys()],
    sessionKeys: sources.sessionKeys,
    proxyPorts: new Map([...nodes.keys()].map((node) => [node, parts.addresses.proxyPort(node)])),
    names: parts.addresses.names,
    sharedMachine: parts.sharedMachine,
    captures,
    volumes,
    temporary,
    logs: {
      relay: relayLog,
      toxiproxy: toxiproxyLog,
      nodes: new Map([...nodes.values()].map((node) => [node.name, node.takeLog()])),
    },
    pages,
  });
  const { nodeRows, relayRows } = examined;
  const collectedRelay = collectRelay(relay, {
    ...{ system, gaps, stats, closeWait },
    baseline: sources.baseline,
    rows: relayRows,
  });
  return {
    nodes: Object.fromEntries(
      [...nodes.values()].map((node, index) => {
        const rows = nodeRows.get(node.name) ?? null;
        return [node.name, collectNode.finish(node, asked[index]!, { system, rows })];
      }),
    ),
    relay: collectedRelay,
    searches: examined.searches,
    metadata: examined.metadata,
    captures: examined.captures,
    tapJournal: journal,
    links: Object.fromEntries(linkBytes === null ? [] : links.map((link) => [link.node, link.witnessFrom(linkBytes)])),
    missing: [...gaps.all, ...examined.missing],
  };
}

function itemsOf({ nodes }: StageParts): string[] {
  return [...nodes.keys()].map((node) => `nodes.${node}.items`);
}

async function endCaptures({ parts }: EvidenceSources, gaps: Gaps): Promise<CapturedPackets[]> {
  const ended = await Promise.all(
    parts.captures.map((capture) => {
      const points = capture.point === parts.sharedMachine ? [...parts.nodes.keys()] : [capture.point];
      return gaps.try(
        points.map((point) => `captures.${point}`),
        () => endCapture(capture),
      );
    }),
  );
  return ended.filter((one) => one !== null);
}

async function endCapture(capture: CapturePoint): Promise<CapturedPackets> {
  const ended = await capture.end();
  if (ended === null) throw new Error('no capture was begun');
  return ended;
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
