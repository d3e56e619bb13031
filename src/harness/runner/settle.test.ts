import { expect, test } from '@jest/globals';
import { askedNode } from './asked-nodes.test-support.ts';
import { settle } from './settle.ts';

test('nodes are asked while there is work, and when it has been quiet for 2 s', async () => {
  const trial = askedNode({ frames: (nowMs) => Math.min(nowMs, 1_000) });
  expect(await settle(trial.context, 60_000)).toBe(true);
  expect(trial.askedAtMs).toEqual([0, 250, 500, 750, 1_000, 3_000]);
  trial.stop();
});

test('a node that still has something pending then is asked until it has not', async () => {
  const trial = askedNode({ frames: () => 0, pending: (nowMs) => (nowMs < 2_600 ? 1 : 0) });
  expect(await settle(trial.context, 60_000)).toBe(true);
  expect(trial.askedAtMs).toEqual([0, 2_000, 2_250, 2_500, 2_750]);
  trial.stop();
});

test('a system without statistics is quiet when its nodes say the same for 2 s', async () => {
  const trial = askedNode({ frames: () => null, pending: (nowMs) => (nowMs < 600 ? 1 : 0) });
  expect(await settle(trial.context, 60_000)).toBe(true);
  expect(trial.askedAtMs).toEqual(Array.from({ length: 12 }, (_, index) => 250 * index));
  trial.stop();
});

test('what was seen last is told when it does not settle', async () => {
  const trial = askedNode({ frames: () => 0, pending: () => 3 });
  expect(await settle(trial.context, 5_000)).toBe(false);
  const lastSeen = { nodes: { 'node-a': { pending: 3, cursor: 0 } }, headCursor: 0, quietForMs: 5_000 };
  expect(trial.context.history.of('settled')).toMatchObject([{ reached: false, lastSeen }]);
  trial.stop();
});
