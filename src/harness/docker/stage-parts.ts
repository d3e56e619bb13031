/** Everything of a running stage that the driver holds on to, opened in the order it depends on each other. */
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { NodeName } from '../topology/topology.ts';
import { Addresses, type StageSubnets } from './addresses.ts';
import { type Attachment, attach } from './attachment.ts';
import { CapturePoint } from './capture-point.ts';
import type { ComposeProject } from './compose-project.ts';
import { ContainedProcess } from './contained-process.ts';
import { DockerNode } from './docker-node.ts';
import { DockerRelay } from './docker-relay.ts';
import { DockerTap } from './docker-tap.ts';
import { engineCall } from './engine.ts';
import type { ExitWatch } from './exit-watch.ts';
import type { LossMechanism } from './kernel-facts.ts';
import { type LinkBytes, readLinkBytes } from './link-bytes.ts';
import { NodeNetwork } from './node-network.ts';
import { Shaper } from './shaper.ts';
import { Shell } from './shell.ts';
import { type DockerTopology, machinesOf } from './topologies.ts';
import { ToxiproxyServer } from './toxiproxy-server.ts';
import { VolumeKeeper } from './volume-keeper.ts';

/** What the relay can write to: its data and its temporary files. */
export const relayVolumes = ['relay', 'relay-tmp'] as const;

export interface StageParts {
  readonly docker: Docker;
  readonly addresses: Addresses;
  readonly relay: DockerRelay;
  readonly nodes: ReadonlyMap<NodeName, DockerNode>;
  readonly toxiproxy: ToxiproxyServer;
  readonly toxiproxyId: string;
  readonly proxyShaper: Shaper;
  readonly nodeShapers: ReadonlyMap<NodeName, Shaper>;
  /** Of the relay and of each machine that nodes live on. */
  readonly captures: readonly CapturePoint[];
  readonly sharedMachine: string | null;
  readonly relayCapture: CapturePoint;
  readonly keeper: VolumeKeeper;
  readonly readLinkBytes: () => Promise<ReadonlyMap<NodeName, LinkBytes>>;
  readonly tap: DockerTap | null;
  /** Lets go of every stream; the containers go on. */
  close(): void;
}

export interface OpenPartsOptions {
  readonly project: ComposeProject;
  readonly topology: DockerTopology;
  readonly system: SystemManifest;
  readonly subnets: StageSubnets;
  readonly loss: LossMechanism | null;
  readonly exits: ExitWatch;
}

export async function openParts(docker: Docker, options: OpenPartsOptions): Promise<StageParts> {
  const { project, topology, system, subnets, loss, exits } = options;
  const addresses = new Addresses(subnets, topology, system.relay.port);
  const closers: (() => void)[] = [];

  const idOf = (service: string): string => {
    const id = project.containers.get(service);
    if (id !== undefined) return id;
    throw new EnvironmentError(`opening ${topology.name}: its Compose file made no container for ${service}`);
  };
  const start = async (service: string): Promise<Attachment> => {
    const attachment = await attach(docker, idOf(service));
    closers.push(attachment.close);
    await engineCall(`starting ${service}`, () => docker.getContainer(idOf(service)).start());
    return attachment;
  };
  const shell = async (service: string) => new Shell(service, await start(service));
  const process = (service: string) => {
    const contained = new ContainedProcess(docker, service, idOf(service));
    closers.push(exits.on(contained.id, (exitCode) => contained.died(exitCode)));
    return contained;
  };

  try {
    // Containers that hold a network namespace come before those that live in it.
    const machines = machinesOf(topology);
    const points = ['relay', ...machines];
    const [captureShells, keeperShell, tapAttachment] = await allSettled([
      Promise.all(points.map((point) => shell(`capture-${point}`))),
      shell('keeper'),
      topology.hasTap ? start('tap') : null,
      start('toxiproxy').then((attachment) => attachment.close()),
    ]);
    const keeper = new VolumeKeeper(docker.getContainer(idOf('keeper')), keeperShell);
    await keeper.openToAll('relay-tmp');
    const relay = new DockerRelay(docker, process('relay'), {
      manifest: system.relay,
      controlAddress: addresses.relayControl,
    });
    const networks = new Map<NodeName, NodeNetwork>();
    const nodes = topology.nodes.map(
      (name) => new DockerNode(docker, process(name), { keeper, network: () => networks.get(name)! }),
    );
    closers.push(...[relay, ...nodes].map((part) => () => part.close()));
    const toxiproxy = new ToxiproxyServer(addresses.toxiproxyApi);
    const [proxyShell, shapers, captures] = await allSettled([
      shell('shaper-toxiproxy'),
      Promise.all(
        machines.map(async (name) => Shaper.open(await shell(`shaper-${name}`), addresses.ofMachine(name), loss)),
      ),
      Promise.all(
        points.map((point, index) =>
          CapturePoint.open(point, captureShells[index]!, {
            own: point === 'relay' ? addresses.relay : addresses.ofMachine(point),
            peer: addresses.toxiproxy,
          }),
        ),
      ),
      relay.start(),
      ...nodes.map((node) => node.start()),
      toxiproxy.untilAnswering().then(() => toxiproxy.expectUpstreams(addresses.upstreams(topology.hasTap))),
    ]);
    const proxyShaper = await Shaper.open(proxyShell, addresses.toxiproxy, loss);
    const nodeShapers = new Map<NodeName, Shaper>();
    for (const name of topology.nodes) {
      const machine = topology.sharedMachine ?? name;
      const index = machines.indexOf(machine);
      const [shaper, capture] = [shapers[index]!, captures[index + 1]!];
      nodeShapers.set(name, shaper);
      const holder = idOf(`capture-${machine}`);
      const address = addresses.ofMachine(machine);
      networks.set(name, new NodeNetwork(docker, { holder, project: project.name, address, shaper, capture }));
    }
    const tap = tapAttachment === null ? null : new DockerTap(tapAttachment);
    return {
      docker,
      addresses,
      relay,
      nodes: new Map(nodes.map((node) => [node.name, node])),
      toxiproxy,
      toxiproxyId: idOf('toxiproxy'),
      proxyShaper,
      nodeShapers,
      sharedMachine: topology.sharedMachine,
      captures,
      relayCapture: captures[0]!,
      keeper,
      readLinkBytes: () => readLinkBytes({ toxiproxy, shell: proxyShell, addresses, nodes: topology.nodes }),
      tap,
      close: () => {
        for (const close of closers) close();
      },
    };
  } catch (error) {
    for (const close of closers) close();
    throw error;
  }
}

/** Like Promise.all, but waits for the rest before it fails, so that nothing is still being started when the stage goes. */
async function allSettled<T extends readonly unknown[]>(parts: [...T]): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
