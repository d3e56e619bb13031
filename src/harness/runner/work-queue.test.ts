import { describe, expect, test } from '@jest/globals';
import { type Place, type QueuedWork, WorkQueue } from './work-queue.ts';

interface Written extends Partial<QueuedWork> {
  readonly name: string;
  readonly lengthMs: number;
  /** Goes alone after the first half. */
  readonly alone?: boolean;
}

/** Plays pieces of work on a clock of its own and answers when each began and ended, and where the time went. */
async function played(
  workers: number,
  works: readonly Written[],
  past: Readonly<Record<string, number>> = {},
  ready: readonly string[] = [],
) {
  let nowMs = 0;
  const due: { atMs: number; wake: () => void }[] = [];
  const pause = (ms: number) => new Promise<void>((wake) => due.push({ atMs: nowMs + ms, wake }));
  const queue = new WorkQueue({
    workers,
    wallMs: () => nowMs,
    pastMs: new Map(Object.entries(past)),
    isReady: (kind) => ready.includes(kind),
  });
  const told: string[] = [];
  const act = async (work: Written, place: Place) => {
    told.push(`${nowMs} ${work.name}`);
    if (work.alone) {
      await pause(work.lengthMs / 2);
      await place.alone();
      told.push(`${nowMs} ${work.name} alone`);
      await pause(work.lengthMs / 2);
    } else await pause(work.lengthMs);
    queue.took(work.scenario ?? work.name, work.lengthMs);
    told.push(`${nowMs} ${work.name} over`);
  };
  let left = works.length;
  const all = Promise.all(
    works.map(async (work) => {
      const { name, scenario = name, kind = 'pair', exclusive = false, places = 1 } = work;
      await queue.run({ scenario, kind, exclusive, places }, (place) => act(work, place));
      left -= 1;
    }),
  );
  while (left > 0) {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    const next = due.toSorted((one, other) => one.atMs - other.atMs)[0];
    if (next === undefined) continue;
    due.splice(due.indexOf(next), 1);
    nowMs = next.atMs;
    next.wake();
  }
  await all;
  return { told, times: queue.times, starts: told.filter((line) => / \S+$/.test(line) && !/over|alone/.test(line)) };
}

describe('the order of work', () => {
  test('one worker takes it as it comes, and what runs alone needs no more', async () => {
    const { told, times } = await played(1, [
      { name: 'a', lengthMs: 10 },
      { name: 'b', lengthMs: 30, exclusive: true },
      { name: 'c', lengthMs: 20, alone: true },
    ]);
    expect(told).toEqual(['0 a', '10 a over', '10 b', '40 b over', '40 c', '50 c alone', '60 c over']);
    expect(times).toEqual({ wallMs: 60, busyMs: 60, aloneMs: 0, tailMs: 0 });
  });

  test('one of each unknown scenario first, then the longest', async () => {
    const iterations = (scenario: string, lengthMs: number) =>
      [0, 1, 2].map((index) => ({ name: `${scenario}${index}`, scenario, lengthMs }));
    const { starts } = await played(2, [...iterations('s', 10), ...iterations('m', 100), ...iterations('l', 1000)]);
    // Meanwhile the first of the longest has taken longer than a medium one.
    expect(starts).toEqual('0 s0,0 m0,10 l0,100 m1,200 l1,1010 l2,1200 m2,1300 s1,1310 s2'.split(','));
  });

  test('what earlier runs took counts until this one knows better', async () => {
    const works = ['a', 'b', 'c'].map((name) => ({ name, lengthMs: 10 }));
    expect((await played(2, works, { a: 10, b: 100, c: 1000 })).starts).toEqual(['0 c', '0 b', '10 a']);
  });

  test('work of about one length goes by kind, so that stages serve again', async () => {
    const works = ['pair', 'mitm', 'pair', 'mitm'].map((kind, index) => ({
      name: `${kind}${index}`,
      kind,
      lengthMs: 10,
    }));
    const past = { pair0: 100, mitm1: 110, pair2: 120, mitm3: 90 };
    expect((await played(2, works, past)).starts).toEqual(['0 mitm1', '0 mitm3', '10 pair0', '10 pair2']);
  });
});

test('work with a ready stage goes before longer work, but not before much longer work', async () => {
  const works = [
    { name: 'short', lengthMs: 10, kind: 'pair' },
    { name: 'longer', lengthMs: 30, kind: 'mitm' },
    { name: 'longest', lengthMs: 900, kind: 'mitm' },
  ];
  const past = { short: 10, longer: 30, longest: 900 };
  expect((await played(2, works, past, ['pair'])).starts).toEqual(['0 longest', '0 short', '10 longer']);
});

describe('work that runs alone', () => {
  test('comes first, has nothing at its side, and its price is told', async () => {
    const { told, times } = await played(2, [
      { name: 'a', lengthMs: 10 },
      { name: 'b', lengthMs: 10 },
      { name: 'x', lengthMs: 30, exclusive: true },
    ]);
    expect(told).toEqual(['0 x', '30 x over', '30 a', '30 b', '40 a over', '40 b over']);
    expect(times).toEqual({ wallMs: 40, busyMs: 50, aloneMs: 30, tailMs: 0 });
  });

  test('that was at work before waits until all else is over, so that the places are empty once', async () => {
    const { told, times } = await played(
      2,
      [
        { name: 'long', lengthMs: 100 },
        { name: 'busy', lengthMs: 20, alone: true },
        { name: 'next', lengthMs: 10 },
      ],
      { long: 4000, busy: 2000, next: 1 },
    );
    expect(told).toEqual([
      '0 long',
      '0 busy',
      '10 next',
      '20 next over',
      '100 long over',
      '100 busy alone',
      '110 busy over',
    ]);
    expect(times).toEqual({ wallMs: 110, busyMs: 130, aloneMs: 90, tailMs: 0 });
  });

  test('two that want it take turns', async () => {
    const { told } = await played(2, [
      { name: 'a', lengthMs: 20, alone: true },
      { name: 'b', lengthMs: 20, alone: true },
    ]);
    expect(told).toEqual(['0 a', '0 b', '10 a alone', '20 a over', '20 b alone', '30 b over']);
  });
});

test('work that is as much as three others takes their places, and small work does not keep it waiting', async () => {
  const works = [
    { name: 'crowd', lengthMs: 100, places: 3 },
    { name: 'crowd2', lengthMs: 100, places: 3 },
    ...['a', 'b', 'c'].map((name) => ({ name, lengthMs: 10 })),
  ];
  const past = { crowd: 1000, crowd2: 1000, a: 1, b: 1, c: 1 };
  const { starts, times } = await played(4, works, past);
  expect(starts).toEqual(['0 crowd', '100 crowd2', '100 a', '110 b', '120 c']);
  expect(times).toEqual({ wallMs: 200, busyMs: 630, aloneMs: 100, tailMs: 70 });
  expect((await played(2, works.slice(0, 1))).times).toEqual({ wallMs: 100, busyMs: 200, aloneMs: 0, tailMs: 0 });
});

test('the end, with nothing left to start, is told apart', async () => {
  const { times } = await played(3, [
    { name: 'a', lengthMs: 10 },
    { name: 'b', lengthMs: 50 },
  ]);
  expect(times).toEqual({ wallMs: 50, busyMs: 60, aloneMs: 0, tailMs: 90 });
});

test('work that throws gives its place back', async () => {
  const queue = new WorkQueue({ workers: 1, wallMs: () => 0, pastMs: new Map(), isReady: () => false });
  const work = { scenario: 'a', kind: 'pair', exclusive: false, places: 1 };
  await expect(queue.run(work, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await queue.run(work, async () => 'here')).toBe('here');
});

test('with a place fewer no more begins until enough have ended', async () => {
  const queue = new WorkQueue({ workers: 3, wallMs: () => 0, pastMs: new Map(), isReady: () => false });
  const enders: (() => void)[] = [];
  const begin = () =>
    queue.run(
      { scenario: 'S-SM-01', kind: 'pair', exclusive: false, places: 1 },
      () => new Promise<void>((end) => enders.push(end)),
    );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const all = Promise.all(Array.from({ length: 5 }, begin));
  await turn();
  expect(enders).toHaveLength(3);
  expect(queue.narrow()).toBe(2);
  enders[0]!();
  await turn();
  expect(enders).toHaveLength(3);
  enders[1]!();
  await turn();
  expect(enders).toHaveLength(4);
  expect([queue.narrow(), queue.narrow()]).toEqual([1, 1]);
  for (const at of [2, 3, 4]) {
    enders[at]!();
    await turn();
  }
  await all;
});
