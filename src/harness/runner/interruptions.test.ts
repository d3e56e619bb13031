import { beforeAll, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { witnessesOf } from '../checkers/witnesses.ts';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import { type EntryOf, entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { parseScenario } from '../scenario/load-scenario.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import type { Arena } from '../topology/topology.ts';
import { runTrial } from './trial.ts';

let simulator: Arena;

beforeAll(async () => {
  simulator = await openSimulator();
});

/** One trial in virtual time, without a seed set, behind a tap. */
async function runWith(lines: readonly string[], armed = true): Promise<TrialRecord> {
  const head = ['id: S-SM-02', 'name: disconnect-during-pull', 'why: Shows what steps and triggers do.'];
  const fixed = ['topology: mitm', 'iterations: 25', 'seed: none', 'planted: []'];
  const { variants } = parseScenario('file.yml', [...head, ...fixed, ...lines].join('\n'));
  const stage = { topology: 'mitm', profile: 'chaos', defects: [], image: 'test', seed: '0x1' } as const;
  const topology = await simulator.openStage(stage);
  const trial = {
    scenario: 'S-SM-02',
    variant: variants[0]!,
    iteration: 0,
    seed: '0x1',
    armed,
    closingPart: false,
    baseline: cleanNetwork,
  };
  try {
    return await runTrial(topology, { ...trial, prng: new Prng('0x1') });
  } finally {
    await topology.stop();
  }
}

function first(record: TrialRecord, name: string): EntryOf<'witness'> {
  return entriesOf(record.entries, 'witness').find((entry) => entry.name === name)!;
}

test('a node is looked at again and again: how far it says it is, and what it holds then', async () => {
  const record = await runWith([
    'load: { work: [{ push: { from: node-a, count: 3 } }], watch: [{ look: { node: node-b, every: 100ms, for: 1s } }] }',
    'proof: [record-cut]',
  ]);
  const looks = witnessesOf(record, 'held').map(({ value }) => value);
  expect(looks.length).toBeGreaterThanOrEqual(9);
  expect(looks[0]).toEqual({ node: 'node-b', cursor: 0, vector: '', cursors: [], sequences: {} });
  const [author] = Object.keys(looks.at(-1)!.sequences);
  expect(looks.at(-1)).toMatchObject({ cursor: 3, cursors: [[1, 3]], sequences: { [author!]: [[1, 3]] } });
});

test('a clean-up falls between the strike of the tap and the reconnect, and takes what all have', async () => {
  const lines = [
    'prepare: [{ disconnect: node-b }, { page: { node: node-b, items: 2 } }, { push: { from: node-a, count: 6 } }, { ping: node-a }]',
    'faults: [{ kind: cut-in-record, link: node-b, direction: down, nth: 2, min-bytes: 2KiB, at: inside, path-back: 2s }]',
    'load: { pull: [{ connect: node-b }], tidy: [{ wait: { struck: { fault: 0, after: 300ms }, within: 5s } }, clean-up] }',
    'proof: [record-cut, { cleaned-up-while-away: { node: node-b } }]',
  ];
  const record = await runWith(lines);
  const [cleanUp] = witnessesOf(record, 'clean-up').map(({ value }) => value);
  expect(cleanUp).toMatchObject({ blobsBefore: 6, blobsAfter: 6, sessions: { 'node-a': 1, 'node-b': 0 } });
  expect(cleanUp!.runsAfter).toBe(cleanUp!.runsBefore + 1);
  expect(Math.round(first(record, 'clean-up').atMs - first(record, 'tap-strike').atMs)).toBeGreaterThanOrEqual(300);
  const pulls = record.collected.captures
    .find(({ point }) => point === 'node-b')!
    .records.flatMap(({ messages }) => messages ?? [])
    .filter((type) => type === 'PULL');
  // Three pages of two, the second of them twice.
  expect(pulls).toHaveLength(4);

  const disarmed = await runWith(lines, false);
  expect(witnessesOf(disarmed, 'tap-strike')).toEqual([]);
  expect(entriesOf(disarmed.entries, 'gave-up').map(({ waitedFor }) => waitedFor)).toEqual(['the trigger struck']);
  expect(witnessesOf(disarmed, 'clean-up').map(({ value }) => value.sessions['node-b'])).toEqual([1]);
});

test('a clean-up that is held leaves what all have', async () => {
  const lines = (prepare: string) => [
    `prepare: [${prepare}]`,
    'faults: [{ kind: kill, target: node-b, for: 1s }]',
    'load: [{ push: { from: node-a, count: 4 } }, { delivered: { within: 30s } }, { wait: 6s }, clean-up]',
    'proof: [process-struck]',
  ];
  const left = async (prepare: string) =>
    witnessesOf(await runWith(lines(prepare)), 'clean-up').map(({ value }) => [value.blobsBefore, value.blobsAfter]);
  expect(await left('hold-clean-up')).toEqual([[4, 4]]);
  expect(await left('')).toEqual([[4, 0]]);
});

test('a fault strikes so long after bytes have passed, and nothing is held meanwhile', async () => {
  const record = await runWith([
    'load: [{ push: { from: node-a, count: 3, bytes: 32KiB } }]',
    'faults: [{ kind: kill, target: node-b, for: 1s, when: { passed: { link: node-a, bytes: 64KiB, of-records-from: 32KiB, after: 200ms } } }]',
    'proof: [process-struck]',
  ]);
  const second = record.collected.tapJournal!.filter((entry) => 'rule' in entry && entry.action === 'watch');
  expect(second).toHaveLength(1);
  expect(record.collected.tapJournal!.some((entry) => entry.action === 'hold')).toBe(false);
  expect(Math.round(entriesOf(record.entries, 'injected')[0]!.atMs - second[0]!.atMs)).toBeGreaterThanOrEqual(200);
});
