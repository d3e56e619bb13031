/** A stage to look around in by hand: it stays until `down` or `clean`. */
import { randomBytes } from 'node:crypto';
import type { SystemManifest } from '../topology/system.ts';
import type { StageOptions } from '../topology/topology.ts';
import { Addresses } from './addresses.ts';
import { sweepRun } from './clean.ts';
import { createProject } from './compose-project.ts';
import { engineCall, expectEngine } from './engine.ts';
import { takeLease } from './lease.ts';
import { expectImages, sidecarImage } from './stage-images.ts';
import { releaseSubnets, reserveSubnets } from './subnets.ts';
import { dockerTopology } from './topologies.ts';
import { ToxiproxyServer } from './toxiproxy-server.ts';

export interface UpOptions extends Omit<StageOptions, 'seed'> {
  readonly system: SystemManifest;
  readonly log: (line: string) => void;
}

export interface UpReport {
  /** Names the stage to `down`. */
  readonly run: string;
  readonly project: string;
  /** Container name by service. */
  readonly containers: ReadonlyMap<string, string>;
  readonly subnets: { readonly data: string; readonly control: string };
}

/** Brings a topology up and gives its lease back, so that it outlives this process. */
export async function up({ system, log, ...stage }: UpOptions): Promise<UpReport> {
  const topology = dockerTopology(stage.topology);
  const { docker } = await expectEngine();
  await expectImages(docker, system, log);
  const run = `up-${randomBytes(3).toString('hex')}`;
  const lease = await takeLease(docker, { runId: run, image: sidecarImage });
  const subnets = await reserveSubnets(docker);
  try {
    const project = `relay-chaos-${run}`;
    const { containers } = await createProject(docker, { name: project, runId: run, system, stage, subnets });
    const services = [...containers.keys()];
    const holders = services.filter((service) => !/^(relay|node-|shaper-)/.test(service));
    const others = services.filter((service) => !holders.includes(service));
    // Containers that hold a network namespace come before those that live in it.
    for (const group of [holders, others]) {
      await Promise.all(
        group.map((service) =>
          engineCall(`starting ${service}`, () => docker.getContainer(containers.get(service)!).start()),
        ),
      );
    }
    const addresses = new Addresses(subnets, topology, system.relay.port);
    const toxiproxy = new ToxiproxyServer(addresses.toxiproxyApi);
    await toxiproxy.untilAnswering();
    await toxiproxy.expectUpstreams(addresses.upstreams(topology.hasTap));
    await lease.release();
    return { run, project, containers: new Map(services.map((each) => [each, `${project}-${each}-1`])), subnets };
  } catch (error) {
    await sweepRun(docker, run);
    await lease.release();
    throw error;
  } finally {
    releaseSubnets(subnets);
  }
}

/** Takes down what `up` brought up; answers how many containers went. */
export async function down(run: string): Promise<number> {
  const { docker } = await expectEngine();
  return (await sweepRun(docker, run)).containers;
}
