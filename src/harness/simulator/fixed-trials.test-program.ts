/**
 * Runs trials of which everything is fixed and prints their digests as one JSON object. With `--guarded`, whatever
 * could bring chance or the machine's time into a trial throws.
 *
 *     node src/harness/simulator/fixed-trials.test-program.ts fixed > src/harness/simulator/golden.json
 *     node src/harness/simulator/fixed-trials.test-program.ts scenario FILE ITERATION...
 */

import { join } from 'node:path';
import { utf8 } from '../../support/bytes.ts';
import { pause } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import { until } from '../../support/until.ts';
import { sha256 } from '../evidence/digest.ts';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import { History } from '../history/history.ts';
import { trialSeed } from '../runner/iteration.ts';
import { runTrial } from '../runner/trial.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import type { Answered, NodeName } from '../topology/topology.ts';
import { Guard } from './guard.test-program.ts';
import { openSimulator } from './simulated-arena.ts';
import type { SimulatedTopology } from './simulated-topology.ts';

const mark = 'FixedMark0123456789abcdef';
const content = 'FixedContent0123456789abcdef ';

/** What each fixed trial does between the forming of its group and the collecting of its evidence. */
const fixedTrials: Readonly<
  Record<string, { readonly topology: string; readonly run: (topology: SimulatedTopology) => Promise<void> }>
> = {
  quiet: {
    topology: 'pair',
    async run(topology) {
      for (let index = 0; index < 20; index += 1) await Promise.all(topology.nodes.map((node) => push(topology, node)));
    },
  },
  disturbed: {
    topology: 'mitm',
    async run(topology) {
      const healTap = await topology.tap!.addRule({
        action: 'flip',
        link: 'node-a',
        direction: 'down',
        record: 0,
        bit: 12_345,
      });
      const healLimit = await topology.link('node-b').limitBytes({ direction: 'up', bytes: 5000 });
      for (const node of topology.nodes) await topology.node(node).request('disconnect', {});
      for (const node of topology.nodes) await topology.node(node).request('connect', {});
      await push(topology, 'node-a');
      await push(topology, 'node-b', 20_000);
      await pause(topology.clock, 12_000);
      await healTap();
      await healLimit();
    },
  },
  battered: {
    topology: 'trio',
    async run(topology) {
      const heals = [
        await topology.link('node-a').lose({ direction: 'up', share: 0.2 }),
        await topology.link('node-a').lose({ direction: 'down', share: 0.2 }),
        await topology.link('node-b').delay({ direction: 'up', delayMs: 80, jitterMs: 40 }),
      ];
      for (let index = 0; index < 10; index += 1) {
        await Promise.all(topology.nodes.map((node) => push(topology, node, 4000)));
      }
      const healCut = await topology.link('node-c').cut();
      await topology.relay.crash();
      await pause(topology.clock, 3000);
      await topology.relay.restart();
      await topology.node('node-b').crash();
      await topology.node('node-b').restart();
      await topology.disks.powerCut('relay');
      await topology.relay.restart();
      await topology.node('node-b').request('reopen', { relays: [...(await topology.relayAddresses('node-b'))] });
      await topology.node('node-a').pause();
      await pause(topology.clock, 2000);
      await topology.node('node-a').resume();
      await healCut();
      for (const { heal } of heals) await heal();
    },
  },
};

async function push(topology: SimulatedTopology, node: NodeName, bytes = 1024): Promise<void> {
  const body = utf8(content.repeat(Math.ceil(bytes / content.length)).slice(0, bytes));
  await topology.node(node).request('push', { body: Buffer.from(body).toString('base64') });
}

/** The digest of all that happened and all that was left. */
async function fixedTrial(name: string, guard: Guard | null): Promise<string> {
  const { topology: shape, run } = fixedTrials[name]!;
  const arena = await openSimulator();
  const options = { topology: shape, profile: 'chaos', defects: [], image: 'test', seed: `fixed/${name}` } as const;
  await arena.openStage(options).then((stage) => stage.stop()); // Files are read once, outside of the guard.
  return guarded(guard, async () => {
    const topology = (await arena.openStage(options)) as SimulatedTopology;
    const history = new History(topology.clock);
    for (const node of topology.nodes) {
      topology.node(node).onEvent((event) => history.append({ kind: 'event', node, event }));
    }
    await topology.beginTrial({ mark });
    const group = await formGroup(topology);
    await run(topology);
    await until(topology.clock, {
      what: 'all items to be everywhere',
      probe: async () => {
        const asked = topology.nodes.map((node) => topology.node(node).request('status', {}));
        return (await Promise.all(asked)).map((status) => (status.outcome === 'ok' ? status.value : null));
      },
      holds: (all) =>
        all.every((status) => status?.pending === 0 && status.vector === all[0]?.vector && status.cursor !== 0),
      everyMs: 100,
      timeoutMs: 120_000,
    });
    const canaries = [{ label: 'content', bytes: utf8(content) }];
    const collected = await topology.collect({ canaries, group, identifiers: [] });
    await topology.stop();
    return sha256(JSON.stringify([history.entries, collected]));
  });
}

async function formGroup(topology: SimulatedTopology): Promise<string> {
  let invite: string | null = null;
  let group = '';
  for (const node of topology.nodes) {
    const control = topology.node(node);
    const relays = [...(await topology.relayAddresses(node))];
    await control.request('init', { name: `device of ${node}` });
    const paired: Answered<'pair'> = await control.request(
      'pair',
      invite === null ? { relays, passphrase: 'fixed' } : { relays, invite },
    );
    if (paired.outcome !== 'ok') throw new Error(`pairing ${node}: ${paired.message}`);
    invite ??= paired.value.invite;
    group = paired.value.group;
    await control.request('connect', {});
  }
  return group;
}

/** Digests of a scenario's trials in these iterations, run one after another in one arena. */
async function scenarioTrials(file: string, iterations: readonly number[], guard: Guard | null) {
  const scenario = loadScenario(file, join(import.meta.dirname, '../../../scenarios', file));
  const arena = await openSimulator();
  const digests: Record<string, string> = {};
  for (const iteration of iterations) {
    for (const variant of scenario.variants) {
      const seed = trialSeed('fixed', scenario.id, iteration, variant.name);
      const { topology, profile } = scenario;
      const options = { topology, profile, defects: [], image: 'test', seed } as const;
      await arena.openStage(options).then((stage) => stage.stop());
      digests[`${iteration} ${variant.name}`] = await guarded(guard, async () => {
        const stage = await arena.openStage(options);
        const record = await runTrial(stage, {
          scenario: scenario.id,
          variant,
          iteration,
          seed,
          prng: new Prng(seed),
          armed: true,
          closingPart: false,
          baseline: cleanNetwork,
        });
        await stage.stop();
        return sha256(JSON.stringify(record));
      });
    }
  }
  return digests;
}

function guarded<T>(guard: Guard | null, work: () => Promise<T>): Promise<T> {
  return guard === null ? work() : guard.during(work);
}

async function main(args: readonly string[]): Promise<void> {
  const guard = args.includes('--guarded') ? new Guard() : null;
  const [what, ...rest] = args.filter((argument) => argument !== '--guarded');
  let digests: Record<string, string> = {};
  if (what === 'fixed') for (const name of Object.keys(fixedTrials)) digests[name] = await fixedTrial(name, guard);
  else if (what === 'scenario') digests = await scenarioTrials(rest[0]!, rest.slice(1).map(Number), guard);
  else throw new Error(`expected fixed or scenario, got ${what}`);
  process.stdout.write(`${JSON.stringify(digests, null, 2)}\n`);
}

await main(process.argv.slice(2));
