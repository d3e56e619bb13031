import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { TapRecord } from '../../contract/tap.ts';
import { cleanNetwork } from '../history/baseline.test-support.ts';
import { loadCatalogue } from '../scenario/catalogue.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import { StepOrderWalk } from '../simulator/step-order-walk.ts';
import type { Arena } from '../topology/topology.ts';
import type { IterationOptions } from './iteration.ts';
import type { Reporter } from './results.ts';
import { StagePool } from './stage-pool.ts';
import { sweep, sweepOrders, sweepPoints } from './sweep.ts';

const { scenarios } = loadCatalogue(join(import.meta.dirname, '../../../scenarios'));
let simulator: Arena;

beforeAll(async () => {
  simulator = await openSimulator();
});

function scenarioOf(id: string) {
  return scenarios.find((scenario) => scenario.id === id)!;
}

function optionsOn(arena: Arena, defects: readonly string[] = []): IterationOptions {
  let ticks = 0;
  return {
    pool: new StagePool(arena),
    arena: arena.name,
    runSeed: '0x7',
    image: 'test',
    defects,
    armed: true,
    closingPart: false,
    baseline: cleanNetwork,
    reporter: {},
    wallMs: () => ticks++,
    stopAfterRed: null,
  };
}

test('a fault that waits for a moment is swept over the moments its trigger names', async () => {
  const scenario = scenarioOf('T-CONN-03');
  const points = sweepPoints(scenario);
  expect(points.map(({ place }) => (place as { at: { nth: number } }).at.nth)).toEqual(
    Array.from({ length: 20 }, (_, acked) => acked + 1),
  );
  const tried = [points[0]!, points[19]!];
  expect(await sweep(scenario, tried, optionsOn(simulator), () => {})).toEqual([]);
});

describe('the points of a load', () => {
  const scenario = scenarioOf('S-SM-04');
  const points = sweepPoints(scenario).filter(({ variant }) => variant.name === 'every-order');

  test('are every order of two to six pushes and pulls', () => {
    const orders = points.map(({ place }) => (place as { order: string[] }).order.join(' '));
    expect(new Set(orders).size).toBe(4 + 8 + 16 + 32 + 64);
    expect(orders).toHaveLength(124);
  });

  test('pass, and go red where a pull waits for the push that waits for it', async () => {
    const tried = [points[0]!, points[1]!, points.at(-1)!];
    expect(await sweep(scenario, tried, optionsOn(simulator), () => {})).toEqual([]);
    const failures = await sweep(scenario, [points[1]!], optionsOn(simulator, ['pull-and-push-deadlock']), () => {});
    expect(failures.map(({ trial }) => trial.deciding)).toEqual([expect.arrayContaining(['operations-end-within'])]);
  });
});

describe('the bytes of a push and of its answer', () => {
  const scenario = scenarioOf('S-SM-01');
  const points = sweepPoints(scenario).filter(({ variant }) => variant.turn === 'sweep');
  const ofVariant = (name: string) => points.filter(({ variant }) => variant.name === name);
  /** Before the record, after its first byte, its prefix, all but one, all. */
  const ends = (name: string) => [0, 1, 2, -2, -1].map((index) => ofVariant(name).at(index)!);
  const names = [
    { name: 'push-at-every-byte', bytes: 247 },
    { name: 'answer-at-every-byte', bytes: 152 },
    { name: 'push-at-every-byte-and-node-killed', bytes: 247 },
    { name: 'answer-at-every-byte-and-node-killed', bytes: 152 },
  ];

  test.each(names)('$name: all $bytes, and red for a node that gives up what was answered', async ({ name, bytes }) => {
    expect(ofVariant(name).map(({ place }) => (place as { at: number }).at)).toEqual(
      Array.from({ length: bytes + 1 }, (_, at) => at),
    );
    const tried = ends(name);
    const failures = await sweep(scenario, tried, optionsOn(simulator), () => {});
    expect(failures.map(({ point, trial }) => [point.place, trial.because])).toEqual([]);
    const red = await sweep(scenario, tried, optionsOn(simulator, ['retry-refused-for-ever']), () => {});
    expect(red.map(({ trial }) => trial.deciding)).toEqual(tried.map(() => ['converges']));
  });

  test.each(names)('$name: $bytes are the whole record', async ({ name, bytes }) => {
    const last = ofVariant(name).at(-1)!;
    const passed: unknown[] = [];
    const trialFinished: Reporter['trialFinished'] = (_id, _index, _trial, record) => {
      const cut = record!.collected.tapJournal!.find(({ action }) => action === 'cut') as TapRecord;
      passed.push([cut.bytesBefore, cut.bytesAfter]);
    };
    await sweep(scenario, [last], { ...optionsOn(simulator), reporter: { trialFinished } }, () => {});
    expect(passed).toEqual([[bytes, bytes]]);
  });
});

describe('the points at which a page is taken in', () => {
  const scenario = scenarioOf('S-SM-02');
  const ofVariant = (name: string) => sweepPoints(scenario).filter(({ variant }) => variant.name === name);

  test('are every byte of it, and red where the relay takes for delivered what it sent', async () => {
    const points = ofVariant('page-at-every-byte');
    expect(points).toHaveLength(928);
    const tried = [0, 1, 2, 500, -2, -1].map((index) => points.at(index)!);
    expect(await sweep(scenario, tried, optionsOn(simulator), () => {})).toEqual([]);
    // All but the whole page.
    const red = await sweep(scenario, tried, optionsOn(simulator, ['delivered-when-sent']), () => {});
    expect(red.map(({ point }) => point)).toEqual(tried.slice(0, -1));
    for (const { trial } of red) expect(trial.deciding).toContain('no-data-loss');
  });

  test('are both sides of storing it, and red where the cursor is stored first', async () => {
    const points = ['killed', 'powerless'].flatMap((how) => ofVariant(`${how}-at-every-page-stored`));
    expect(points).toHaveLength(8);
    expect(await sweep(scenario, points, optionsOn(simulator), () => {})).toEqual([]);
    const red = await sweep(scenario, points, optionsOn(simulator, ['cursor-saved-before-items']), () => {});
    const before = points.filter(({ place }) => (place as { moment: string }).moment === 'before');
    expect(red.map(({ point }) => point)).toEqual(before);
    for (const { trial } of red) expect(trial.deciding).toContain('never-beyond-stored');
  });
});

describe.each(['a', 'b'])('the bytes of a reconciliation of node-%s', (letter) => {
  const scenario = scenarioOf('S-SM-03');
  const points = sweepPoints(scenario).filter(({ variant }) => variant.name === `cut-at-every-byte-on-${letter}`);
  /** Before each record, within it, and after it or (of the response) but for a byte. */
  const tried = points.filter(({ place }) => {
    const { of, bytes, orMore } = (place as { at: { of: number; bytes: number; orMore: boolean } }).at;
    return bytes === 0 || bytes === 2 || bytes === (orMore ? of - 1 : of);
  });

  test('are those of HELLO, PULL, WELCOME, a notice and the response, and pass', async () => {
    expect([points.length, tried.length]).toEqual([231 + 131 + 177 + 188 + 450, 5 * 3]);
    const failures = await sweep(scenario, tried, optionsOn(simulator), () => {});
    expect(failures.map(({ point, trial }) => [point.place, trial.because])).toEqual([]);
  });

  test('are red where what the relay has is taken for what the node has', async () => {
    const failures = await sweep(scenario, tried.slice(-3), optionsOn(simulator, ['head-taken-as-seen']), () => {});
    expect(failures).toHaveLength(3);
    for (const { trial } of failures) expect(trial.deciding).toContain('no-data-loss');
  });
});

describe('the writes of a node', () => {
  const scenario = scenarioOf('S-SM-04');
  const ofVariant = (name: string) => sweepPoints(scenario).filter(({ variant }) => variant.name === name);
  const ofBoth = (name: string) => ['killed', 'powerless'].flatMap((how) => ofVariant(`${how}-${name}`));
  const oneByOne = ofBoth('at-every-write');
  const overlapping = ofBoth('at-every-write-of-overlapping-work');
  const nthOf = ({ place }: (typeof oneByOne)[number]) => (place as { nth: number }).nth;

  test('are each struck before and after, with and without power, and pass', async () => {
    expect([oneByOne.length, overlapping.length]).toEqual([20 * 4, 40 * 4]);
    // The first round (accepted, sealed, acknowledged, a page) and a little, and the last of the work that overlaps.
    const tried = [
      ...oneByOne.filter((point) => nthOf(point) <= 6),
      ...overlapping.filter((point) => nthOf(point) === 40),
    ];
    expect(tried).toHaveLength(24 + 4);
    const failures = await sweep(scenario, tried, optionsOn(simulator), () => {});
    expect(failures.map(({ point, trial }) => [point.place, trial.because])).toEqual([]);
  });

  test('are no more than the sweep strikes at', async () => {
    const { variant, iteration } = oneByOne.at(-1)!;
    const last = variant.faults[0]!;
    const place = { ...(last.when!.parameters as object), nth: 26 };
    const beyond = {
      ...variant,
      faults: variant.faults.with(0, { ...last, when: { ...last.when!, parameters: place } }),
    };
    const failures = await sweep(scenario, [{ variant: beyond, place, iteration }], optionsOn(simulator), () => {});
    expect(failures.map(({ trial }) => [trial.verdict, trial.deciding])).toEqual([['inert', ['process-struck']]]);
  });

  test('are red where the vector is written after the outbox entry', async () => {
    const tried = oneByOne.filter((point) => nthOf(point) === 5);
    const failures = await sweep(scenario, tried, optionsOn(simulator, ['vector-written-later']), () => {});
    expect(failures.map(({ trial }) => trial.deciding)).toEqual(tried.map(() => ['converges']));
  });
});

describe('a variant of a sweep', () => {
  const points = sweepPoints(scenarioOf('S-CONC-02'));
  /** While the last page is stored. */
  const tried = points.slice(300, 321);

  test('is run at each moment of its wait, without what the scenario says for all', () => {
    expect(points.map(({ variant: { name } }) => name)).toEqual(Array.from({ length: 501 }, () => 'told-at-any-time'));
    expect(points[0]!.variant.faults.map(({ kind }) => kind)).toEqual(['latency']);
    const moments = points.map(({ place }) => (place as { parameters: { from: number } }).parameters.from);
    expect([moments[0], moments[1], moments[500]]).toEqual([0, 0.05, 25]);
  });

  test('passes, and finds the few moments at which a node that does not listen misses an item', async () => {
    expect(await sweep(scenarioOf('S-CONC-02'), tried, optionsOn(simulator), () => {})).toEqual([]);
    const deaf = optionsOn(simulator, ['notify-dropped-while-pulling']);
    const failures = await sweep(scenarioOf('S-CONC-02'), tried, deaf, () => {});
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.length).toBeLessThan(tried.length);
    for (const { trial } of failures) expect(trial.deciding).toContain('no-data-loss');
  });

  test('is one point where nothing is enumerated', () => {
    const [only, ...others] = sweepPoints(scenarioOf('S-CONC-04'));
    expect([only!.place, others]).toEqual(['stale-12000', []]);
  });
});

test('a restart is swept over the acknowledgements its trigger counts', async () => {
  const scenario = scenarioOf('S-CONV-02');
  const points = sweepPoints(scenario).filter(({ variant }) => variant.turn === 'rotate');
  const counts = Array.from({ length: 10 }, (_, more) => 11 + more);
  expect(points.map(({ place }) => (place as { count: number }).count)).toEqual([...counts, ...counts]);
  expect(await sweep(scenario, [points[0]!, points[19]!], optionsOn(simulator), () => {})).toEqual([]);
});

test('a node comes back with any cursor, of its items or of none, and one that goes on above the head is found out', async () => {
  const scenario = scenarioOf('S-CONV-02');
  const points = sweepPoints(scenario);
  const ofVariant = (name: string) => points.filter(({ variant }) => variant.name === name);
  const cursorOf = ({ place }: (typeof points)[number]) => (place as { cursor: number }).cursor;
  expect(ofVariant('any-cursor').map(cursorOf)).toEqual(Array.from({ length: 18 }, (_, cursor) => cursor));
  expect(ofVariant('any-cursor-on-old-data')).toHaveLength(21);
  const tried = [0, 12, 13, 17].map((cursor) => ofVariant('any-cursor')[cursor]!);
  tried.push(ofVariant('any-cursor-on-old-data').find((point) => cursorOf(point) === 13)!);
  expect(await sweep(scenario, tried, optionsOn(simulator), () => {})).toEqual([]);
  const forked = optionsOn(simulator, ['numbers-from-old-copy']);
  const failures = await sweep(scenario, tried, forked, () => {});
  expect(failures.map(({ point }) => point)).toEqual([tried.at(-1)]);
});

test('a relay that forgets what was acknowledged is found out at a step it is killed at', async () => {
  const scenario = scenarioOf('S-CONV-02');
  const points = sweepPoints(scenario).filter(({ variant }) => variant.name === 'killed-at-any-step');
  expect(points).toHaveLength(48);
  const tried = [points[30]!];
  expect(await sweep(scenario, tried, optionsOn(simulator), () => {})).toEqual([]);
  const forgetful = optionsOn(simulator, ['acknowledged-from-rows']);
  const [failure] = await sweep(scenario, tried, forgetful, () => {});
  expect(failure!.trial.deciding).toContain('distinct-cursors');
});

test('a sweep without an enumeration is one trial of its own, on a topology of its own', () => {
  const points = sweepPoints(scenarioOf('T-CONN-04'));
  expect(points.map(({ place, variant }) => [place, variant.topology])).toEqual([['herd-200', 'swarm-200']]);
  const { parameters } = points[0]!.variant.load[0]!.steps.find(({ name }) => name === 'push')!;
  const { from } = parameters as { from: string[] };
  expect([from.length, from[0], from[1], from.at(-1)]).toEqual([200, 'node-1', 'node-2', 'node-200']);
});

test('a variant is swept over numbers of nodes, each on a topology of so many', async () => {
  const scenario = scenarioOf('S-CONC-03');
  const points = sweepPoints(scenario);
  const counts = Array.from({ length: 19 }, (_, index) => index + 2);
  expect([...new Set(points.map(({ variant }) => `${variant.name} ${variant.topology}`))]).toEqual(
    counts.map((count) => `active-${count} swarm-${count}`),
  );
  const ofNodes = (count: number) => points.find(({ variant }) => variant.name === `active-${count}`)!;
  expect(ofNodes(7).variant.faults[0]!.parameters).toMatchObject({
    link: ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6', 'node-7'],
  });
  expect(await sweep(scenario, [ofNodes(2), ofNodes(7)], optionsOn(simulator), () => {})).toEqual([]);
  const forgetful = optionsOn(simulator, ['busy-sessions-not-told']);
  const [failure] = await sweep(scenario, [ofNodes(7)], forgetful, () => {});
  expect(failure!.trial.deciding).toContain('converges');
});

test('a variant is swept from so many seeds, each that of an iteration', async () => {
  const scenario = scenarioOf('S-CONV-03');
  const points = sweepPoints(scenario).filter(({ variant }) => variant.name === 'asym-5min');
  expect(points.map(({ place }) => place)).toEqual(Array.from({ length: 200 }, (_, iteration) => ({ iteration })));
  expect(await sweep(scenario, points.slice(-1), optionsOn(simulator), () => {})).toEqual([]);
  const [failure] = await sweep(scenario, points.slice(-1), optionsOn(simulator, ['vector-by-session']), () => {});
  expect(failure!.trial.repro).toContain('--iteration 199 --variant asym-5min');
});

describe('a process that ends at a step of its database', () => {
  const points = sweepPoints(scenarioOf('T-CONN-01'));
  const ofVariant = (name: string) => points.filter(({ variant }) => variant.name === name);

  test('ends at each moment of each push, by a kill and by a loss of power, and after each acknowledgement', () => {
    for (const how of ['killed', 'powerless']) {
      const places = ofVariant(`${how}-while-storing`).map(({ place }) => place as { moment: string; nth: number });
      expect(places.map(({ moment, nth }) => `${moment} ${nth}`)).toEqual(
        ['before', 'uncommitted', 'after'].flatMap((moment) =>
          Array.from({ length: 11 }, (_, index) => `${moment} ${index + 1}`),
        ),
      );
      expect(ofVariant(`${how}-after-acknowledging`)).toHaveLength(11);
    }
    expect(points).toHaveLength(88);
  });

  test('loses nothing that was acknowledged, but for a relay that acknowledges before it writes', async () => {
    const tried = [
      ...[0, 21, 32].map((index) => ofVariant('killed-while-storing')[index]!),
      ofVariant('killed-after-acknowledging')[10]!,
      ofVariant('powerless-while-storing')[22]!,
    ];
    expect(await sweep(scenarioOf('T-CONN-01'), tried, optionsOn(simulator), () => {})).toEqual([]);
    const hasty = optionsOn(simulator, ['ack-before-commit']);
    const failures = await sweep(
      scenarioOf('T-CONN-01'),
      [ofVariant('killed-after-acknowledging')[10]!],
      hasty,
      () => {},
    );
    expect(failures.map(({ trial }) => trial.deciding)).toEqual([expect.arrayContaining(['no-data-loss'])]);
  });
});

test('a node is gone at the step of another process that stored its push', async () => {
  const scenario = scenarioOf('T-CONN-02');
  const points = sweepPoints(scenario).filter(({ variant }) => variant.name === 'killed-once-stored');
  expect(points).toHaveLength(11);
  const tried = [points[0]!, points[10]!];
  expect(await sweep(scenario, tried, optionsOn(simulator), () => {})).toEqual([]);
  const failures = await sweep(scenario, tried, optionsOn(simulator, ['item-stored-twice']), () => {});
  expect(failures.map(({ trial }) => trial.deciding)).toEqual(
    tried.map(() => expect.arrayContaining(['no-data-loss'])),
  );
});

describe('a latency', () => {
  const points = sweepPoints(scenarioOf('T-LAT-04'));
  const ofRoundTrip = (ms: number) => points.find(({ place }) => (place as { delay: number }).delay === ms / 2)!;
  /** The first, the last in which a node can be welcomed in ten seconds, the one after it, the last. */
  const tried = [100, 3300, 3400, 5000].map(ofRoundTrip);

  test('is swept over delays, and an attempt to connect ends at its limit where it does not fit in', async () => {
    expect(points.map(({ place }) => (place as { delay: number }).delay)).toEqual(
      Array.from({ length: 50 }, (_, index) => 50 * (index + 1)),
    );
    expect(await sweep(scenarioOf('T-LAT-04'), tried, optionsOn(simulator), () => {})).toEqual([]);
  });

  test('goes red where a node gives up sooner than it is told to', async () => {
    const impatient = optionsOn(simulator, ['welcome-within-a-second']);
    const failures = await sweep(scenarioOf('T-LAT-04'), tried, impatient, () => {});
    expect(failures.map(({ point }) => point)).toEqual(tried.slice(1, 3));
    for (const { trial } of failures) expect(trial.deciding).toContain('attempt-fits-limit');
  });
});

test('a limit that comes when so much has passed is swept over the bytes its trigger names, record by record', () => {
  const points = sweepPoints(scenarioOf('T-BW-02'));
  expect(points.map(({ place }) => (place as { at: { afterBytes: number } }).at.afterBytes)).toEqual(
    Array.from({ length: 60 }, (_, index) => 65_536 * (index + 2)),
  );
});

describe('the points of a fault', () => {
  const points = sweepPoints(scenarioOf('E-HS-01'));
  const cutAt = (at: number) => points.find(({ place }) => (place as { at?: number }).at === at)!;
  const flipIn = (byte: number) => points.find(({ place }) => (place as { byte?: number }).byte === byte)!;

  test('are a cut before and after every byte of the first message, and a flip in every byte of the ciphertext', () => {
    expect(points.map(({ variant }) => variant.name)).toEqual([
      ...Array.from({ length: 1230 }, () => 'cut-after-m1'),
      ...Array.from({ length: 1088 }, () => 'flip-kem-ct'),
    ]);
  });

  // Nothing, within and at the end of the preamble, within the length, within the keys, all but a byte, all.
  test('pass wherever the cut or the flip is', async () => {
    const tried = [...[0, 5, 11, 12, 100, 1228, 1229].map(cutAt), ...[0, 1087].map(flipIn)];
    let done = 0;
    const failures = await sweep(scenarioOf('E-HS-01'), tried, optionsOn(simulator), () => {
      done += 1;
    });
    expect(failures.map(({ point, trial }) => [point.place, trial.because])).toEqual([]);
    expect(done).toBe(tried.length);
  });

  test('judge the keys of an attempt of which a part of the first message came', async () => {
    const failures = await sweep(
      scenarioOf('E-HS-01'),
      [cutAt(100)],
      optionsOn(simulator, ['ephemeral-reused']),
      () => {},
    );
    expect(failures.map(({ trial }) => [trial.verdict, trial.deciding])).toEqual([['fail', ['fresh-ephemerals']]]);
  });
});

describe('the orders of two pushes at the relay', () => {
  const run = (defects: readonly string[] = []) => {
    const scenario = scenarioOf('S-CONC-01');
    const orders = scenario.orders!;
    const walk = new StepOrderWalk(simulator, orders.step!);
    return sweepOrders({ scenario, orders, walk }, optionsOn(walk.arena, defects));
  };

  test('are two, since a push is one step, and both pass', async () => {
    const { count, failures } = await run();
    expect(failures.map(({ point, trial }) => [point.place, trial.because])).toEqual([]);
    expect(count).toBe(2);
  });

  test('are all interleavings of two steps each when a push reads and writes apart, and the crossing ones fail', async () => {
    const { count, failures } = await run(['cursor-in-two-statements']);
    expect([count, failures.length]).toEqual([6, 4]);
    for (const { trial } of failures) expect(trial.deciding).toContain('distinct-cursors');
  });
});
