import { expect, test } from '@jest/globals';
import type { Clock } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import { History } from '../history/history.ts';
import { deleteItems } from './delete.ts';
import type { Load } from './step.ts';

/** Time passes at once, by as much as is waited for. */
function steppingClock(): Clock {
  let nowMs = 0;
  return {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer(delayMs, fire) {
      nowMs += delayMs;
      fire();
      return { cancel: () => undefined };
    },
  };
}

/** What the step deletes, and when, of two nodes that pushed ten items each. */
async function deleted(written: object, seed = 'seed') {
  const clock = steppingClock();
  const history = new History(clock);
  let operation = 0;
  for (const node of ['node-a', 'node-b']) {
    for (let index = 0; index < 10; index += 1) {
      history.append({ kind: 'invoked', operation, node, op: 'push', part: 'load' });
      history.append({ kind: 'answered', operation: operation++, outcome: 'ok', item: `${node}/${index}` });
    }
  }
  const gone: { item: string; atMs: number }[] = [];
  const load = {
    clock,
    history,
    prng: new Prng(seed),
    async delete(node: string, item: string) {
      history.append({ kind: 'invoked', operation: operation++, node, op: 'delete', part: 'load', item });
      gone.push({ item, atMs: clock.monotonicMs() });
    },
  } as unknown as Load;
  await deleteItems.run(load, deleteItems.parameters.parse(written) as never);
  return gone;
}

test('the oldest go first, of each node its own', async () => {
  const gone = await deleted({ node: ['node-a', 'node-b'], count: 2 });
  expect(gone.map(({ item }) => item).toSorted()).toEqual(['node-a/0', 'node-a/1', 'node-b/0', 'node-b/1']);
});

test('any of them go, none twice, as the seed draws them', async () => {
  const drawn = async (seed: string) =>
    (await deleted({ node: 'node-a', count: 6, which: 'any' }, seed)).map(({ item }) => item);
  const one = await drawn('one');
  expect(new Set(one).size).toBe(6);
  expect(one.every((item) => item.startsWith('node-a/'))).toBe(true);
  expect(await drawn('one')).toEqual(one);
  expect(await drawn('two')).not.toEqual(one);
});

test('each waits for its time', async () => {
  const gone = await deleted({ node: 'node-a', count: 3, every: { from: '20s', to: '50s' } });
  const waits = gone.map(({ atMs }, index) => atMs - (gone[index - 1]?.atMs ?? 0));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(20_000);
  expect(Math.max(...waits)).toBeLessThan(50_000);
  expect(new Set(waits).size).toBe(3);
});

test('more than there are end with the last', async () => {
  expect(await deleted({ node: 'node-a', count: 11, which: 'any' })).toHaveLength(10);
});
