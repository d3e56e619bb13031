import type Docker from 'dockerode';
import pRetry, { AbortError } from 'p-retry';
import type { Capability } from '../../contract/capabilities.ts';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { Arena, LinkAbility, StageOptions, Topology } from '../topology/topology.ts';
import { sweepRun } from './clean.ts';
import { type ComposeProject, createProject } from './compose-project.ts';
import { DockerStage } from './docker-stage.ts';
import { expectEngine, onHiccup } from './engine.ts';
import { type EngineFacts, probeEngine } from './engine-facts.ts';
import { Examiner } from './examiner.ts';
import { type ExitWatch, watchExits } from './exit-watch.ts';
import { expectFastDisk } from './kernel-facts.ts';
import { Lateness, preferTester } from './lateness.ts';
import { type Lease, takeLease } from './lease.ts';
import { expectImages, sidecarImage } from './stage-images.ts';
import { openParts } from './stage-parts.ts';
import { expectFreeSubnets, isSubnetTaken, releaseSubnets, reserveSubnets } from './subnets.ts';
import { type DockerTopology, dockerTopology } from './topologies.ts';

export { cleanLeftovers } from './clean.ts';
export { engineAnswers } from './engine.ts';
export { probeEngine } from './engine-facts.ts';
export { diskSyncMsMax } from './kernel-facts.ts';

export interface DockerArenaOptions {
  /** Label of everything the arena makes. */
  readonly runId: string;
  readonly system: SystemManifest;
  readonly log: (line: string) => void;
  /** First two numbers of the /16 that stages take their networks from; 10.222 when left out. */
  readonly subnetBase?: string;
}

/** A stage that did not come up is tried again so often. */
const openRetriesMax = 2;
/** What is done to a whole machine, or counted on it. */
const ofMachines: readonly LinkAbility[] = ['lose', 'starve', 'detach'];
/** What only the test image has. */
const testOnly: readonly Capability[] = ['hooks', 'evil'];

/**
 * Containers on the engine that answers: makes missing images, takes the run's lease, and asks the kernel what it can.
 * Fails with one line and its cure when there is no engine, no Compose, no free network, or an image cannot be had.
 */
export async function openDockerArena(options: DockerArenaOptions): Promise<Arena> {
  const { runId, system, log, subnetBase } = options;
  const { docker } = await expectEngine();
  await expectImages(docker, system, log);
  await expectFreeSubnets(docker, subnetBase);
  const stopHearing = onHiccup((line) => log(`docker: ${line}`));
  const lease = await takeLease(docker, { runId, image: sidecarImage });
  let exits: ExitWatch | null = null;
  try {
    exits = await watchExits(docker, runId, log);
    const facts = await probeEngine(runId);
    expectFastDisk(facts);
    const priority = preferTester();
    const threads = { lateness: new Lateness({ priority, log }), examiner: new Examiner({ priority }) };
    return new DockerArena(docker, { ...options, lease, facts, exits, stopHearing, ...threads });
  } catch (error) {
    exits?.close(); // An open stream would keep the process alive.
    stopHearing();
    await sweepRun(docker, runId);
    await lease.release();
    throw error;
  }
}

interface OpenArena extends DockerArenaOptions {
  readonly lease: Lease;
  readonly facts: EngineFacts;
  readonly exits: ExitWatch;
  readonly stopHearing: () => void;
  readonly lateness: Lateness;
  readonly examiner: Examiner;
}

class DockerArena implements Arena {
  readonly name = 'docker';
  readonly #docker: Docker;
  readonly #open: OpenArena;
  readonly #stages = new Set<Topology>();
  readonly #openings = new Set<Promise<Topology>>();
  #stageCount = 0;
  #isClosed = false;

  constructor(docker: Docker, open: OpenArena) {
    this.#docker = docker;
    this.#open = open;
  }

  get about(): string {
    const { engine, kernel, loss } = this.#open.facts;
    return `docker: containers on Docker Engine ${engine}, kernel ${kernel}, packet loss by ${loss ?? 'nothing this kernel has'}`;
  }

  get facts(): Readonly<Record<string, unknown>> {
    return { ...this.#open.facts };
  }

  cannot(ability: LinkAbility, topology: string): string | null {
    let found: DockerTopology;
    try {
      found = dockerTopology(topology);
    } catch (error) {
      return messageOf(error);
    }
    if (ability === 'disks') return 'a container keeps its disk to itself: only the simulator stops it at a step of it';
    if (ability === 'tap' && !found.hasTap) return `the topology ${topology} has no tap`;
    if (found.sharedMachine !== null && ofMachines.includes(ability)) {
      return `the nodes of the topology ${topology} share one machine, and only one of them cannot suffer ${ability}`;
    }
    if (ability === 'lose' && this.#open.facts.loss === null) {
      return 'this kernel has neither the statistic and connmark matches of iptables nor numgen and ct mark of nft';
    }
    if (ability === 'scatter' && !this.#open.facts.netem) {
      return 'this kernel cannot delay packets one by one (sch_netem, with sch_prio and cls_u32)';
    }
    if (ability === 'starve' && !this.#open.facts.tbf) return 'this kernel has no token bucket filter (sch_tbf)';
    if (ability === 'reset' && !this.#open.facts.endsSockets) {
      return 'this kernel cannot end sockets for another process (CONFIG_INET_DIAG_DESTROY)';
    }
    return null;
  }

  canOf(image: StageOptions['image']): readonly Capability[] {
    const { can } = this.#open.system;
    return image === 'test' ? can : can.filter((one) => !testOnly.includes(one));
  }

  /** Opening is tried again a bounded number of times, each time on other networks, and each failure is said. */
  openStage(options: StageOptions): Promise<Topology> {
    const refused = new Set<string>();
    const opening = pRetry(() => this.#tryOpen(options, refused), {
      retries: openRetriesMax,
      minTimeout: 200,
      onFailedAttempt: ({ error, retriesLeft }) => {
        const what = `opening a stage of ${options.topology}: ${messageOf(error)}`;
        if (retriesLeft > 0) this.#open.log(`docker: ${what}; trying again`);
      },
    });
    this.#openings.add(opening);
    return opening.finally(() => this.#openings.delete(opening));
  }

  async close(): Promise<void> {
    const { runId, lease, exits, stopHearing, lateness, examiner } = this.#open;
    this.#isClosed = true; // After an interrupt the trial goes on for a while, and must find no stage to go on with.
    await Promise.allSettled(this.#openings);
    await Promise.allSettled([...this.#stages].map((stage) => stage.stop()));
    exits.close();
    await sweepRun(this.#docker, runId);
    await lease.release();
    await lateness.close();
    await examiner.close();
    stopHearing();
  }

  async #tryOpen(options: StageOptions, refused: Set<string>): Promise<Topology> {
    const { system, runId, log, subnetBase } = this.#open;
    this.#expectOpen();
    const topology = dockerTopology(options.topology);
    const subnets = await reserveSubnets(this.#docker, {
      isRefused: ({ data }) => refused.has(data),
      ...(subnetBase === undefined ? {} : { base: subnetBase }),
    }).catch((error: unknown) => {
      throw new AbortError(error as Error);
    });
    this.#stageCount += 1;
    const name = `relay-chaos-${runId}-${this.#stageCount}`;
    let project: ComposeProject | null = null;
    const stop = async () => {
      await project?.down();
      releaseSubnets(subnets);
    };
    try {
      project = await createProject(this.#docker, { name, runId, system, stage: options, subnets });
      this.#expectOpen();
      const parts = await openParts(this.#docker, {
        project,
        topology,
        system,
        subnets,
        loss: this.#open.facts.loss,
        exits: this.#open.exits,
      });
      const can = this.canOf(options.image);
      const stage: Topology = new DockerStage({
        name: options.topology,
        can,
        system,
        parts,
        log,
        lateness: this.#open.lateness,
        examiner: this.#open.examiner,
        stop: async () => {
          this.#stages.delete(stage);
          await stop();
        },
      });
      this.#stages.add(stage);
      return stage;
    } catch (error) {
      if (isSubnetTaken(messageOf(error))) refused.add(subnets.data);
      await stop().catch((failure: unknown) => log(`docker: removing ${name}: ${messageOf(failure)}`));
      // A system that does not start will not start the next time either.
      if (error instanceof EnvironmentError && /^(starting the relay|opening control)/.test(error.message)) {
        throw new AbortError(error);
      }
      throw error;
    }
  }

  #expectOpen(): void {
    if (this.#isClosed) throw new AbortError(new EnvironmentError('opening a stage: the run has ended'));
  }
}
