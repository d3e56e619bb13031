import { afterAll, expect, test } from '@jest/globals';
import { openSimulator } from '../simulator/simulated-arena.ts';
import type { Arena } from '../topology/topology.ts';
import { spreadOf, takeBaseline } from './baseline.ts';

const simulator = await openSimulator();
afterAll(() => simulator.close());

const few = { image: 'test', runs: { handshakes: 4, syncs: 2 } } as const;

test('the simulator’s clean network takes the same each time it is measured', async () => {
  const first = await takeBaseline(simulator, few);
  expect(first).toMatchObject({ arena: 'simulator', image: 'test', relayMemory: null, timerLagMs: 0 });
  expect(first.handshake).toMatchObject({ runs: 4 });
  expect(first.sync).toMatchObject({ runs: 2 });
  // Two round trips of about a quarter of a millisecond.
  expect(first.handshake!.medianMs).toBeCloseTo(0.5, 1);
  expect(first.sync!.medianMs).toBeGreaterThan(first.handshake!.medianMs);
  expect(await takeBaseline(simulator, few)).toEqual(first);
});

test('what a system cannot show is not taken', async () => {
  const arena: Arena = {
    ...simulator,
    openStage: async (options) =>
      Object.defineProperty(await simulator.openStage(options), 'can', { value: ['sealed', 'ack-relay'] }),
  };
  expect(await takeBaseline(arena, few)).toMatchObject({ sync: null, handshake: null });
});

test('a network on which nothing arrives is not clean: there is no baseline', async () => {
  const arena: Arena = {
    ...simulator,
    openStage: (options) => simulator.openStage({ ...options, defects: ['blob-dropped-after-ack'] }),
  };
  const measuring = takeBaseline(arena, { ...few, runs: { handshakes: 1, syncs: 5 } });
  await expect(measuring).rejects.toThrow(/^taking the baseline: expected 5 mebibytes .* got \d; without a baseline/);
});

test.each([
  { took: [3], medianMs: 3, p99Ms: 3 },
  { took: [4, 1, 3, 2], medianMs: 2.5, p99Ms: 4 },
  { took: [...Array(200).keys()], medianMs: 99.5, p99Ms: 197 },
])('the spread of $took', ({ took, medianMs, p99Ms }) => {
  expect(spreadOf(took)).toEqual({ runs: took.length, medianMs, p99Ms });
});
