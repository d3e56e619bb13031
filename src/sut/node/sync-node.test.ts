import { expect, test } from '@jest/globals';
import { World } from './node-world.test-support.ts';

test('two devices exchange items both ways and end with the same vector', async () => {
  const world = new World();
  await world.startRelay();
  const [a, b] = await world.pair();
  await a.push('from a');
  await b.push('from b');
  await world.converged(a, b);
  expect(await a.texts()).toEqual(['from a', 'from b']);
  expect(await b.texts()).toEqual(['from a', 'from b']);
});
