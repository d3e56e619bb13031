import { afterEach, describe, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import { until } from '../../support/until.ts';
import { EventQueue } from './event-queue.ts';
import { SimulationError, VirtualClock } from './virtual-clock.ts';

const startWallMs = 1_700_000_000_000;
const open: VirtualClock[] = [];

function newClock(eventsMax = 10_000): VirtualClock {
  const clock = new VirtualClock({ startWallMs, eventsMax });
  open.push(clock);
  return clock;
}

afterEach(() => {
  for (const clock of open.splice(0)) clock.stop();
});

/** An await chain without any port in it: `depth` calls deep, and thenables and loops on the way. */
async function longChain(depth: number): Promise<number> {
  if (depth > 0) return 1 + (await longChain(depth - 1));
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what this chain is about.
  await { then: (done: () => void) => done() };
  for (let index = 0; index < 100; index += 1) await Promise.all([null, Promise.resolve()]);
  return new Promise((resolve) => resolve(Promise.resolve(0)));
}

describe('virtual clock', () => {
  test('events fire in order of time, those of one moment in the order they were set', async () => {
    const clock = newClock();
    const fired: string[] = [];
    clock.schedule(5, () => fired.push(`c ${clock.nowMs}`));
    clock.schedule(1, () => fired.push(`a ${clock.nowMs}`));
    clock.schedule(5, () => fired.push(`d ${clock.nowMs}`));
    clock.schedule(1.5, () => fired.push(`b ${clock.wallMs - startWallMs}`));
    clock.schedule(2, () => fired.push('cancelled')).cancel();
    await pause(clock.harness, 10);
    expect(fired).toEqual(['a 1', 'b 1.5', 'c 5', 'd 5']);
    expect(clock.nowMs).toBe(10);
  });

  test('the queue sorts any number of events', () => {
    const prng = new Prng('event-queue');
    const queue = new EventQueue();
    const expected = Array.from({ length: 500 }, (_, sequence) => ({ atUs: prng.below(50), sequence }));
    for (const event of expected) queue.add(event.atUs, () => undefined);
    const seen = expected.map(() => queue.next()!);
    expected.sort((a, b) => a.atUs - b.atUs || a.sequence - b.sequence);
    expect(seen.map(({ atUs, sequence }) => ({ atUs, sequence }))).toEqual(expected);
    expect(queue.next()).toBeNull();
  });

  test.each([1, 50, 2000])('time stands still while an await chain of depth %i is running', async (depth) => {
    const clock = newClock();
    const atEnd: number[] = [];
    for (const atMs of [1, 2]) {
      clock.schedule(atMs, () => {
        void longChain(depth).then(() => atEnd.push(clock.nowMs));
      });
      clock.schedule(atMs + 0.001, () => expect(atEnd.at(-1)).toBe(atMs));
    }
    await pause(clock.harness, 5);
    expect(atEnd).toEqual([1, 2]);
  });

  test('clocks of stages side by side do not hold each other up', async () => {
    const clocks = [newClock(), newClock(), newClock()];
    const ends = await Promise.all(
      clocks.map(async (clock, index) => {
        for (let round = 0; round < 10; round += 1) await pause(clock.harness, index + 1);
        return clock.nowMs;
      }),
    );
    expect(ends).toEqual([10, 20, 30]);
  });

  test('time stands still while the harness waits for nothing of the stage', async () => {
    const clock = newClock();
    let ticks = 0;
    const tick = () => {
      ticks += 1;
      clock.schedule(1, tick);
    };
    clock.schedule(1, tick);
    await pause(clock.harness, 3.5);
    await new Promise((resolve) => setImmediate(resolve));
    expect([ticks, clock.nowMs]).toEqual([3, 3.5]);
    await pause(clock.harness, 1);
    expect(ticks).toBe(4);
  });

  test('a rest of time too small for the clock still moves it', async () => {
    const clock = newClock();
    const before = clock.nowMs;
    await pause(clock.harness, 1e-12);
    expect(clock.nowMs).toBe(before + 0.001);
    await pause(clock.harness, 0);
    expect(clock.nowMs).toBe(before + 0.001);
  });

  test('until works on virtual time', async () => {
    const clock = newClock();
    const end = { done: false };
    clock.schedule(12_345, () => {
      end.done = true;
    });
    await until(clock.harness, {
      what: 'the end',
      probe: () => end,
      holds: (e) => e.done,
      everyMs: 10,
      timeoutMs: 20_000,
    });
    expect(clock.nowMs).toBe(12_350);
    await expect(
      until(clock.harness, { what: 'never', probe: () => 0, holds: () => false, everyMs: 10, timeoutMs: 50 }),
    ).rejects.toThrow('waited 50 ms for never');
  });

  test('a wait that nothing can end is an error, not a hang', async () => {
    const clock = newClock();
    await expect(clock.hold(() => new Promise(() => undefined))).rejects.toThrow(
      'simulator at 0 ms, event 0: deadlock: the harness waits, and nothing is left that could happen',
    );
    await expect(pause(clock.harness, 1)).rejects.toThrow(SimulationError);
  });

  test('events without end are an error at the budget', async () => {
    const clock = newClock(100);
    const tick = () => clock.schedule(0, tick);
    tick();
    const waits = [pause(clock.harness, 1), clock.hold(() => new Promise(() => undefined))];
    const [paused, held] = await Promise.allSettled(waits);
    expect(paused!.status).toBe('fulfilled');
    expect(held).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('more than 100 events') },
    });
    await expect(clock.hold(async () => 1)).rejects.toThrow('more than 100 events');
  });

  test('the budget starts again with each trial', async () => {
    const clock = newClock(50);
    for (let trial = 0; trial < 5; trial += 1) {
      clock.restartBudget();
      for (let event = 0; event < 40; event += 1) await pause(clock.harness, 1);
    }
    expect(clock.eventCount).toBe(200);
  });

  test('an event that throws ends the simulation with its cause', async () => {
    const clock = newClock();
    clock.schedule(1, () => {
      throw new Error('broken on purpose');
    });
    await expect(clock.hold(() => new Promise(() => undefined))).rejects.toMatchObject({
      message: 'simulator at 1 ms, event 1: an event failed',
      cause: { message: 'broken on purpose' },
    });
  });

  test('stopping releases who waits', async () => {
    const clock = newClock();
    const waiting = clock.hold(() => pause(clock.harness, 1e9));
    clock.stop();
    await expect(waiting).rejects.toThrow('the simulated stage was stopped');
  });
});
