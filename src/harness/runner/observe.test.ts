import { expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { askedNode } from './asked-nodes.test-support.ts';
import { observe } from './observe.ts';

test('a node is looked at when it announced something, else once a second, and at the end', async () => {
  const trial = askedNode({ frames: () => 0, vector: (nowMs) => (nowMs < 1_500 ? 'old' : 'new') });
  const { clock, history } = trial.context;
  const end = await observe(trial.context, 100);
  await pause(clock, 1_150);
  trial.announce();
  await pause(clock, 1_100);
  await end();
  expect(trial.askedAtMs).toEqual([0, 1_000, 1_200, 2_200, 2_300]);
  const vectors = history.of('witness').filter(({ name }) => name === 'vector');
  expect(vectors.map(({ atMs, value }) => [atMs, value])).toEqual([
    [0, { node: 'node-a', vector: 'old' }],
    [2_200, { node: 'node-a', vector: 'new' }],
  ]);
  trial.stop();
});

test('the relay is looked at each time', async () => {
  const trial = askedNode({ frames: () => 0 });
  const end = await observe(trial.context, 100);
  await pause(trial.context.clock, 350);
  await end();
  const samples = trial.context.history.of('witness').filter(({ name }) => name === 'relay');
  expect(samples.map(({ atMs }) => atMs)).toEqual([0, 100, 200, 300, 400]);
  trial.stop();
});
