import type { Capability } from '../../contract/capabilities.ts';
import type { RelayStats } from '../../contract/relay-stats.ts';
import type { Clock } from '../../support/clock.ts';
import { ScenarioError } from '../../support/errors.ts';
import { Prng } from '../../support/prng.ts';
import { defaultConfig, type NodeConfig } from '../../sut/node/config.ts';
import type { RelayConfig } from '../../sut/relay/config.ts';
import type { SessionKeys } from '../evidence/capture.ts';
import type { Collected } from '../history/collected.ts';
import { TapRules } from '../sidecars/tap-rules.ts';
import type {
  CollectPlan,
  Disks,
  Link,
  NodeControl,
  NodeName,
  RelayControl,
  Tap,
  Topology,
  TrialStart,
} from '../topology/topology.ts';
import type { StepObserver } from './crashable-database.ts';
import { HeldSteps } from './held-steps.ts';
import { LinkCapture } from './link-capture.ts';
import { collectEvidence, plantMarks } from './simulated-evidence.ts';
import { SimulatedLink } from './simulated-link.ts';
import type { SimulatedMachine, StageWorld } from './simulated-machine.ts';
import { SimulatedNode } from './simulated-node.ts';
import { SimulatedRelay } from './simulated-relay.ts';
import { SimulatedNetwork } from './simulated-transport.ts';
import { type StepOrder, seededStepOrder } from './step-order.ts';
import type { SystemChanges } from './system-changes.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Wall clock at the start of every stage: 1 January 2025, 00:00 UTC. */
const startWallMs = 1_735_689_600_000;
/** A trial has some ten thousand events. */
const eventsMax = 2_000_000;
const relayPort = 7000;

/** A topology the simulator offers. */
export interface SimulatedShape {
  readonly name: string;
  readonly nodes: readonly NodeName[];
  readonly hasTap: boolean;
}

export interface SimulatedTopologyOptions {
  readonly shape: SimulatedShape;
  readonly seed: string;
  readonly relayConfig: RelayConfig;
  readonly changes: SystemChanges;
  readonly can: readonly Capability[];
}

/**
 * Relay, nodes and links of the reference system in this process, on virtual time. Everything that happens in it
 * follows from the seed and from what it is asked to do.
 */
export class SimulatedTopology implements Topology {
  readonly arena = 'simulator';
  readonly name: string;
  readonly nodes: readonly NodeName[];
  readonly can: readonly Capability[];
  readonly clock: Clock;
  readonly relay: RelayControl;
  readonly tap: Tap | null;
  readonly disks: Disks;
  readonly #time: VirtualClock;
  readonly #relay: SimulatedRelay;
  readonly #nodes = new Map<NodeName, SimulatedNode>();
  readonly #links = new Map<NodeName, SimulatedLink>();
  readonly #capture: LinkCapture;
  readonly #tapRules: TapRules | null;
  #stepOrder: StepOrder;
  #stepObserver: StepObserver = () => undefined;
  readonly #heldSteps: HeldSteps;
  #mark = '';
  #baseline: RelayStats | null = null;
  #sessionKeys: SessionKeys[] = [];
  #beganMs = 0;

  /** Resolves when the relay accepts connections and every node answers. */
  static async open(options: SimulatedTopologyOptions): Promise<SimulatedTopology> {
    const topology = new SimulatedTopology(options);
    await topology.#start();
    return topology;
  }

  private constructor({ shape, seed, relayConfig, changes, can }: SimulatedTopologyOptions) {
    const prng = new Prng(seed).fork('stage');
    const clock = new VirtualClock({ startWallMs, eventsMax });
    this.#stepOrder = seededStepOrder(prng.fork('step-order'));
    const world: StageWorld = {
      clock,
      prng,
      steps: {
        clock,
        order: () => this.#stepOrder,
        observe: (at, step) => {
          this.#stepObserver(at, step);
          this.#heldSteps.saw(at, step);
        },
      },
    };
    this.#heldSteps = new HeldSteps(clock, (target) => this.#machineOf(target));
    this.disks = {
      holdAt: async (place, onHeld) => this.#heldSteps.add(place, onHeld),
      powerCut: async (target) => this.#machineOf(target).powerCut(),
      setCursor: async (node, cursor) => this.#known(this.#nodes, node).setCursor(cursor),
    };
    this.name = shape.name;
    this.nodes = shape.nodes;
    this.can = can;
    this.clock = clock.harness;
    this.#time = clock;
    this.#capture = new LinkCapture(['relay', ...shape.nodes], () => clock.wallMs);
    this.#tapRules = shape.hasTap ? new TapRules() : null;
    this.tap = this.#tapRules === null ? null : tapOn(this.#tapRules, clock);
    const network = new SimulatedNetwork(clock);
    this.#relay = new SimulatedRelay({ world, network, config: relayConfig, changes });
    this.relay = this.#relay;
    for (const name of shape.nodes) {
      const node = new SimulatedNode({
        name,
        world,
        network,
        link: () => this.#links.get(name)!,
        config: nodeConfig,
        changes,
      });
      node.onEvent((event) => {
        if (event.event === 'session-keys') this.#sessionKeys.push(event);
      });
      this.#nodes.set(name, node);
      const link = new SimulatedLink({
        node: name,
        clock,
        prng: prng.fork(`link/${name}`),
        capture: this.#capture,
        target: () => network.listening,
        tap: this.#tapRules,
        address: lastHopOf(relayConfig, this.#links.size),
      });
      this.#links.set(name, link);
      network.addLink(addressOf(name), link);
    }
  }

  async #start(): Promise<void> {
    await this.#relay.start();
    for (const node of this.#nodes.values()) await node.start();
  }

  node(name: NodeName): NodeControl {
    return this.#known(this.#nodes, name);
  }

  link(node: NodeName): Link {
    return this.#known(this.#links, node);
  }

  async relayAddresses(node: NodeName): Promise<readonly string[]> {
    this.#known(this.#links, node);
    return [`${addressOf(node)}/${this.#relay.relayId}`];
  }

  async beginTrial({ mark }: TrialStart): Promise<void> {
    this.#time.restartBudget();
    this.#mark = mark;
    this.#beganMs = this.#time.wallMs;
    this.#sessionKeys = [];
    for (const link of this.#links.values()) link.restartCounters();
    this.#tapRules?.beginJournal();
    this.#capture.begin(mark);
    plantMarks(this.#relay, [...this.#nodes.values()], mark);
    this.#baseline = await this.#relay.stats();
  }

  collect(plan: CollectPlan): Promise<Collected> {
    return collectEvidence(
      {
        relay: this.#relay,
        nodes: [...this.#nodes.values()],
        links: [...this.#links.values()],
        capture: this.#capture,
        tap: this.#tapRules,
        sessionKeys: this.#sessionKeys,
        baseline: this.#baseline,
        mark: this.#mark,
        beganMs: this.#beganMs,
      },
      plan,
    );
  }

  /**
   * Never: a new stage costs next to nothing, and only in a new one does everything follow from the seed of the next
   * trial, so that a trial is the same whatever ran before it.
   */
  async reset(): Promise<boolean> {
    return false;
  }

  async stop(): Promise<void> {
    for (const { machine } of [this.#relay, ...this.#nodes.values()]) machine.scrap();
    this.#time.stop();
  }

  /** Who decides from now on which of several ready database steps runs next. */
  useStepOrder(order: StepOrder): void {
    this.#stepOrder = order;
  }

  /** Hears of every database step of relay and nodes, and may call `crash` or `powerCut` there and then. */
  onStep(observer: StepObserver): void {
    this.#stepObserver = observer;
  }

  /** Virtual milliseconds and events since the stage was opened. */
  get spent(): { readonly virtualMs: number; readonly events: number } {
    return { virtualMs: this.#time.nowMs, events: this.#time.eventCount };
  }

  #machineOf(target: string): SimulatedMachine {
    return (target === 'relay' ? this.#relay : this.#known(this.#nodes, target)).machine;
  }

  #known<T>(of: ReadonlyMap<NodeName, T>, name: NodeName): T {
    const found = of.get(name);
    if (found !== undefined) return found;
    throw new ScenarioError(`node: expected one of ${this.nodes.join(', ')}, got ${JSON.stringify(name)}`);
  }
}

/** Nodes log all they can, so that all they can say is searched. */
const nodeConfig: NodeConfig = { ...defaultConfig, logLevel: 'trace' };

function addressOf(node: NodeName): string {
  return `${node}.link:${relayPort}`;
}

/** What one middle box carries, so that the relay's limit for one address leaves room for reconnects. */
const nodesPerBox = 50;

/** Nodes reach the relay from the address of the last middle box, which its configuration must allow for. */
function lastHopOf(config: RelayConfig, nodeIndex: number): string {
  const box = Math.floor(nodeIndex / nodesPerBox);
  const excepted = box === 0 ? Object.keys(config.connectionsPerAddressExceptions).at(-1) : undefined;
  return excepted ?? `10.222.${box}.2`;
}

/** Whoever hears of a strike may end a process, so it is heard when the record has passed as far as it will. */
function tapOn(rules: TapRules, clock: VirtualClock): Tap {
  return {
    async addRule(rule, onStrike) {
      const takeOut = rules.add(rule, (strike) => clock.schedule(0, () => onStrike?.(strike)));
      return async () => takeOut();
    },
    journal: async () => [...rules.journal],
  };
}
