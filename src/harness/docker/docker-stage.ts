import type { Capability } from '../../contract/capabilities.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import { EnvironmentError, messageOf, ScenarioError } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { until, WaitError } from '../../support/until.ts';
import type { SessionKeys } from '../evidence/capture.ts';
import type { Collected } from '../history/collected.ts';
import type { SystemManifest } from '../topology/system.ts';
import type {
  CollectPlan,
  Link,
  NodeControl,
  NodeName,
  RelayControl,
  Tap,
  Topology,
  TrialStart,
} from '../topology/topology.ts';
import { collectEvidence } from './collect-evidence.ts';
import { DockerLink } from './docker-link.ts';
import type { Examiner } from './examiner.ts';
import type { Lateness } from './lateness.ts';
import { LogReader } from './log-reader.ts';
import { relayVolumes, type StageParts } from './stage-parts.ts';

const disconnectedWithinMs = 5_000;

export interface DockerStageOptions {
  readonly name: string;
  readonly can: readonly Capability[];
  readonly system: SystemManifest;
  readonly parts: StageParts;
  /** Removes the stage from the engine. */
  readonly stop: () => Promise<void>;
  readonly log: (line: string) => void;
  readonly lateness: Lateness;
  readonly examiner: Examiner;
}

/** One Compose project, running: relay, nodes, and a Toxiproxy between them. */
export class DockerStage implements Topology {
  readonly arena = 'docker';
  readonly clock = systemClock;
  readonly hearLateness: NonNullable<Topology['hearLateness']>;
  readonly name: string;
  readonly can: readonly Capability[];
  readonly nodes: readonly NodeName[];
  readonly relay: RelayControl;
  readonly tap: Tap | null;
  readonly disks = null;
  readonly #options: DockerStageOptions;
  readonly #parts: StageParts;
  readonly #links: ReadonlyMap<NodeName, DockerLink>;
  readonly #logs: { readonly relay: LogReader; readonly toxiproxy: LogReader };
  #mark: string | null = null;
  #baseline: RelayStats | null = null;
  #sessionKeys: SessionKeys[] = [];

  constructor(options: DockerStageOptions) {
    const { parts } = options;
    this.#options = options;
    this.#parts = parts;
    this.hearLateness = (heard) => options.lateness.hear(heard);
    this.name = options.name;
    this.can = options.can;
    this.nodes = [...parts.nodes.keys()];
    this.relay = parts.relay;
    this.tap = parts.tap;
    const { toxiproxy, proxyShaper, addresses, readLinkBytes: readBytes } = parts;
    this.#links = new Map(
      this.nodes.map((node) => {
        const nodeShaper = parts.nodeShapers.get(node)!;
        return [
          node,
          new DockerLink(node, { toxiproxy, proxyShaper, nodeShaper, addresses, readBytes }, () => [
            ...this.#links.values(),
          ]),
        ];
      }),
    );
    this.#logs = {
      relay: new LogReader(parts.docker, parts.relay.process.id),
      toxiproxy: new LogReader(parts.docker, parts.toxiproxyId),
    };
    for (const node of parts.nodes.values()) {
      node.onEvent((event) => {
        if (event.event === 'session-keys') this.#sessionKeys.push(event);
      });
    }
  }

  node(name: NodeName): NodeControl {
    return this.#known(this.#parts.nodes, name);
  }

  link(node: NodeName): Link {
    return this.#known(this.#links, node);
  }

  async relayAddresses(node: NodeName): Promise<readonly string[]> {
    const { addresses, relay } = this.#parts;
    this.#known(this.#links, node);
    const identity = await relay.identity();
    const address = `${addresses.toxiproxy}:${addresses.proxyPort(node)}`;
    return [identity === null ? address : `${address}/${identity}`];
  }

  async beginTrial({ mark }: TrialStart): Promise<void> {
    const { relay, nodes, toxiproxy, captures, proxyShaper, readLinkBytes, tap } = this.#parts;
    this.#mark = mark;
    this.#sessionKeys = [];
    for (const { process } of [relay, ...nodes.values()]) process.forgetExits();
    const [carried, retransmitted] = await Promise.all([
      readLinkBytes(),
      proxyShaper.retransmitted(),
      tap?.beginTrial(),
      ...captures.map((capture) => capture.begin(mark)),
      toxiproxy.mark(mark),
      this.#markVolume(mark),
      relay.shell.open().then((shell) => shell.expect(`echo ${mark} >/proc/1/fd/2`)),
      ...[...nodes.values()].map(async (node) => (await node.shell.open()).expect(`echo ${mark} >/proc/1/fd/2`)),
    ]);
    const [baseline] = await Promise.all([
      relay.stats(),
      ...[...this.#links.values()].map((link) => link.beginTrial(carried, retransmitted)),
    ]);
    this.#baseline = baseline;
  }

  async collect(plan: CollectPlan): Promise<Collected> {
    if (this.#mark === null) throw new EnvironmentError('collecting evidence: no trial was begun on this stage');
    return collectEvidence(
      {
        system: this.#options.system,
        can: this.can,
        parts: this.#parts,
        links: [...this.#links.values()],
        logs: this.#logs,
        sessionKeys: this.#sessionKeys,
        baseline: this.#baseline,
        mark: this.#mark,
        examiner: this.#options.examiner,
      },
      plan,
    );
  }

  async reset(): Promise<boolean> {
    try {
      const leftovers = await this.#leftovers();
      if (leftovers.length === 0) return true;
      this.#options.log(`docker: the stage is not clean and will be replaced: ${leftovers.join(', ')}`);
    } catch (error) {
      this.#options.log(`docker: the stage could not be proven clean and will be replaced: ${messageOf(error)}`);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.#parts.close();
    await this.#options.stop();
  }

  async #markVolume(mark: string): Promise<void> {
    const { keeper } = this.#parts;
    const { database } = this.#options.system.relay;
    for (const volume of relayVolumes) await keeper.mark(volume, mark);
    if (database !== null) await keeper.markRow('relay', database.file, mark);
  }

  /** Ends what may go on between trials, then asks every part what is left of the last one. */
  async #leftovers(): Promise<string[]> {
    const { relay, nodes, toxiproxy, captures, keeper, proxyShaper, nodeShapers, tap } = this.#parts;
    const down = [relay, ...nodes.values()].filter(({ process }) => !process.isRunning || process.isPaused);
    if (down.length > 0) return down.map(({ process }) => `${process.name} is not running`);
    const [ends] = await Promise.all([
      Promise.all([...nodes.values()].map((node) => node.request('disconnect', {}))),
      ...relayVolumes.map((volume) => keeper.removeMark(volume)),
      ...captures.map((capture) => capture.abandon()),
    ]);
    const left = await Promise.all([
      toxiproxy.leftovers(),
      proxyShaper.leftovers(),
      ...[...new Set(nodeShapers.values())].map((shaper) => shaper.leftovers()),
      this.#sessionsLeft(),
    ]);
    // A node that has nothing to disconnect says no; whether a session is left is asked of the relay and the kernel.
    const ofNodes = ends.flatMap((answered, index) =>
      answered.outcome === 'unknown' ? [`${this.nodes[index]} does not answer (${answered.code})`] : [],
    );
    return [...ofNodes, ...left.flat(), ...((await tap?.leftovers()) ?? [])];
  }

  /** By the relay's statistics and by the kernel's sockets. */
  async #sessionsLeft(): Promise<string[]> {
    const { relay, relayCapture } = this.#parts;
    const port = this.#options.system.relay.port;
    const probe = async () => {
      const [stats, sockets] = await Promise.all([relay.stats(), relayCapture.established(port)]);
      return { sessions: stats?.sessions.length ?? 0, pending: stats?.pendingHandshakes ?? 0, sockets };
    };
    try {
      await until(systemClock, {
        what: 'the relay to have no session left',
        probe,
        holds: ({ sessions, pending, sockets }) => sessions + pending + sockets === 0,
        everyMs: 10,
        timeoutMs: disconnectedWithinMs,
      });
      return [];
    } catch (error) {
      if (!(error instanceof WaitError)) throw error;
      return [error.message];
    }
  }

  #known<T>(of: ReadonlyMap<NodeName, T>, name: NodeName): T {
    const found = of.get(name);
    if (found !== undefined) return found;
    throw new ScenarioError(`node: expected one of ${this.nodes.join(', ')}, got ${JSON.stringify(name)}`);
  }
}
