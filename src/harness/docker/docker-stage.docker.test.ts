import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../support/system-clock.ts';
import { until } from '../../support/until.ts';
import { loadSystem } from '../scenario/load-system.ts';
import type { Arena, Topology } from '../topology/topology.ts';
import { openDockerArena } from './docker-arena.ts';
import { openEngine, runLabel } from './engine.ts';

const docker = openEngine();
const run = `stage-${process.pid}`;
let arena: Arena;
let stage: Topology;

beforeAll(async () => {
  const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));
  arena = await openDockerArena({ runId: run, system, log: () => undefined });
  const options = { topology: 'pair', profile: 'chaos', defects: [], image: 'release', seed: 'x' } as const;
  stage = await arena.openStage(options);
}, 180_000);

afterAll(async () => {
  await arena?.close();
}, 60_000);

async function containers() {
  const listed = await docker.listContainers({ filters: { label: [`${runLabel}=${run}`] } });
  return Promise.all(listed.map(({ Id }) => docker.getContainer(Id).inspect()));
}

async function container(service: string) {
  const found = (await containers()).find(({ Config }) => Config.Labels['com.docker.compose.service'] === service);
  if (found === undefined) throw new Error(`assert: the stage has a container for ${service}`);
  return found;
}

/** The status of a command in a container, as its own user. */
async function statusIn(service: string, command: string): Promise<number | null> {
  const { Id } = await container(service);
  const exec = await docker.getContainer(Id).exec({ Cmd: ['bash', '-c', command], AttachStdout: true });
  const stream = await exec.start({});
  stream.resume();
  await new Promise((settle) => stream.once('end', settle));
  return (await exec.inspect()).ExitCode;
}

describe('a stage of containers', () => {
  test('is hardened: no capability but the sidecar’s own, nothing writable, nothing published', async () => {
    const all = await containers();
    expect(all.length).toBe(12);
    for (const { Name, Config, HostConfig } of all) {
      const service = Config.Labels['com.docker.compose.service'] ?? 'reaper';
      const added = service.startsWith('capture-')
        ? ['NET_RAW']
        : service.startsWith('shaper-')
          ? ['NET_ADMIN']
          : service === 'keeper'
            ? ['DAC_OVERRIDE']
            : null;
      expect({ Name, added: HostConfig.CapAdd ?? null }).toEqual({ Name, added });
      expect({ Name, drop: HostConfig.CapDrop }).toEqual({ Name, drop: ['ALL'] });
      expect({ Name, readOnly: HostConfig.ReadonlyRootfs }).toEqual({ Name, readOnly: true });
      expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
      expect(HostConfig.Memory).toBeGreaterThan(0);
      expect(HostConfig.PidsLimit).toBeGreaterThan(0);
      expect(HostConfig.PortBindings ?? {}).toEqual({});
      if (/^(relay|node-.)$/.test(service)) expect(Config.User).toBe('10001:10001');
    }
  });

  test('has networks without a way out', async () => {
    const networks = await docker.listNetworks({ filters: { label: [`${runLabel}=${run}`] } });
    expect(networks.map(({ Internal }) => Internal)).toEqual([true, true]);
    expect(await statusIn('node-a', 'exec 3<>/dev/tcp/192.0.2.1/80')).not.toBe(0);
  });

  test('keeps nodes from Toxiproxy’s API and from the relay’s pages', async () => {
    const networks = await docker.listNetworks({ filters: { label: [`${runLabel}=${run}`] } });
    const control = networks.find(({ Name }) => Name.endsWith('_control'))?.IPAM?.Config?.[0]?.Subnet ?? '';
    const prefix = control.replace(/\.0\/24$/, '');
    expect(await statusIn('shaper-toxiproxy', `exec 3<>/dev/tcp/${prefix}.2/8474`)).toBe(0);
    for (const address of [`${prefix}.2/8474`, `${prefix}.10/8080`]) {
      expect(await statusIn('node-a', `exec 3<>/dev/tcp/${address}`)).not.toBe(0);
    }
    const data = (await container('capture-relay')).NetworkSettings.Networks[`relay-chaos-${run}-1_data`]?.IPAddress;
    expect(await statusIn('node-a', `exec 3<>/dev/tcp/${data}/7000`)).toBe(0);
    expect(await statusIn('node-a', `exec 3<>/dev/tcp/${data}/8080`)).not.toBe(0);
  });

  test('two stages side by side have networks of their own', async () => {
    const options = { topology: 'pair', profile: 'default', defects: [], image: 'release', seed: 'y' } as const;
    const other = await arena.openStage(options);
    const [one] = await stage.relayAddresses('node-a');
    const [two] = await other.relayAddresses('node-a');
    expect(one?.split('/')[0]).not.toBe(two?.split('/')[0]);
    await other.stop();
  }, 60_000);

  test('a process that ends by nobody’s order is noticed, one that is told to is not', async () => {
    await stage.beginTrial({ mark: 'StageMark0123456789abcdef' });
    await stage.node('node-a').crash();
    await stage.node('node-a').restart();
    await docker.getContainer((await container('node-b')).Id).kill();
    const plan = { canaries: [], group: null, identifiers: [] };
    const collected = await until(systemClock, {
      what: 'the end of node-b to be noticed',
      probe: () => stage.collect(plan),
      holds: ({ nodes }) => nodes['node-b']?.alive === false,
      everyMs: 50,
      timeoutMs: 10_000,
    });
    expect(collected.nodes['node-a']).toMatchObject({ alive: true, unscheduledExits: [] });
    expect(collected.nodes['node-b']).toMatchObject({ alive: false, unscheduledExits: ['exit code 137'] });
    expect(await stage.reset()).toBe(false);
    await stage.node('node-b').restart();
    expect(await stage.reset()).toBe(true);
  }, 60_000);

  test('a paused process can be killed, and is not running then', async () => {
    await stage.node('node-a').pause();
    await stage.node('node-a').crash();
    expect((await stage.node('node-a').request('status', {}, 500)).outcome).toBe('unknown');
    await stage.node('node-a').restart();
    expect((await stage.node('node-a').request('hello', {})).outcome).toBe('ok');
    await stage.relay.pause();
    await stage.relay.crash();
    await stage.relay.restart();
    expect((await stage.relay.stats())?.pendingHandshakes).toBe(0);
  }, 60_000);

  test('an image that the engine does not have is named with the cure, before anything is started', async () => {
    const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));
    const images = { ...system.images, test: { relay: 'nowhere/relay:1', node: 'nowhere/node:1' } };
    const opening = openDockerArena({ runId: `${run}-none`, system: { ...system, images }, log: () => undefined });
    await expect(opening).rejects.toThrow(
      /image nowhere\/\S+:1 of the system reference: .* build or pull it, or correct/,
    );
    expect(await docker.listContainers({ all: true, filters: { label: [`${runLabel}=${run}-none`] } })).toEqual([]);
  });

  test('a system that ends at its start is told with its own words, once, and leaves nothing', async () => {
    const before = await containers();
    const options = { topology: 'pair', profile: 'chaos', defects: ['no-such'], image: 'test', seed: 'x' } as const;
    const opening = arena.openStage(options);
    await expect(opening).rejects.toThrow(
      /(starting the relay|opening control of).*it said .*--defect: expected one of/,
    );
    expect((await containers()).length).toBe(before.length);
  }, 60_000);
});
