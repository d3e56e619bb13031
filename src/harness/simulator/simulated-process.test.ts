import { afterEach, describe, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { VirtualClock } from './virtual-clock.ts';

let clock: VirtualClock;

function start() {
  clock = new VirtualClock({ startWallMs: 1000, eventsMax: 1000 });
  const deaths: string[] = [];
  const process = new SimulatedProcess({ name: 'node-a', clock, died: (because) => deaths.push(because) });
  return { process, deaths };
}

afterEach(() => clock.stop());

describe('simulated process', () => {
  test('timers fire on virtual time, and not when cancelled', async () => {
    const { process } = start();
    const fired: number[] = [];
    process.clock.setTimer(5, () => fired.push(process.clock.monotonicMs()));
    process.clock.setTimer(0.001, () => fired.push(process.clock.monotonicMs()));
    const cancelled = process.clock.setTimer(6, () => fired.push(-1));
    cancelled.cancel();
    cancelled.cancel();
    await pause(clock.harness, 10);
    expect(fired).toEqual([1, 5]);
    expect(process.clock.wallMs()).toBe(1010);
  });

  test('paused it does nothing; resumed it catches up in order', async () => {
    const { process } = start();
    const seen: string[] = [];
    for (const delayMs of [1, 2, 3]) process.clock.setTimer(delayMs, () => seen.push(`timer ${delayMs}`));
    const late = process.clock.setTimer(4, () => seen.push('cancelled while paused'));
    process.pause();
    await pause(clock.harness, 10);
    late.cancel();
    process.deliver(() => seen.push('delivered'));
    expect([seen, process.isPaused]).toEqual([[], true]);
    process.resume();
    await pause(clock.harness, 1);
    expect(seen).toEqual(['timer 1', 'timer 2', 'timer 3', 'delivered']);
  });

  test('gone it hears of nothing, and what it held open is closed', async () => {
    const { process } = start();
    const seen: string[] = [];
    process.clock.setTimer(1, () => seen.push('timer'));
    process.holds(() => seen.push('released'));
    process.holds(() => seen.push('closed before')).close();
    process.pause();
    process.deliver(() => seen.push('held'));
    process.end();
    process.end();
    process.resume();
    process.deliver(() => seen.push('late'));
    process.clock.setTimer(1, () => seen.push('late timer'));
    await pause(clock.harness, 10);
    expect([seen, process.isGone]).toEqual([['released'], true]);
  });

  test('an error nobody caught ends it, with the reason', () => {
    const { process, deaths } = start();
    process.deliver(() => {
      throw new RangeError('on purpose');
    });
    expect([process.isGone, deaths]).toEqual([true, ['uncaught RangeError: on purpose']]);
  });

  test('descriptors are counted', () => {
    const { process } = start();
    const before = process.facts.openDescriptors();
    const held = process.facts.openDescriptor();
    expect(process.facts.openDescriptors()).toBe(before + 1);
    expect(process.facts.residentBytes()).toBeGreaterThan(0);
    held.close();
    expect(process.facts.openDescriptors()).toBe(before);
  });
});
