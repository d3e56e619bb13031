import { expect, test } from '@jest/globals';
import type { Clock } from './clock.ts';
import { until, WaitError } from './until.ts';

/** Jumps to the next timer at once. */
class JumpingClock implements Clock {
  nowMs = 52_584.501;
  wallMs = () => this.nowMs;
  monotonicMs = () => this.nowMs;
  setTimer(delayMs: number, fire: () => void) {
    this.nowMs += delayMs;
    queueMicrotask(fire);
    return { cancel: () => {} };
  }
}

const never = { what: 'the moon', holds: () => false, everyMs: 7.3, timeoutMs: 100.1 };

test('a wait that runs out says what it waited for and what was last seen', async () => {
  const waiting = until(new JumpingClock(), { ...never, probe: () => ({ phase: 'handshaking' }) });
  await expect(waiting).rejects.toThrow('waited 100.1 ms for the moon; last saw {"phase":"handshaking"}');
  await expect(waiting).rejects.toBeInstanceOf(WaitError);
});

test('a wait ends although what is left of it is too little to move the clock', async () => {
  let probes = 0;
  const clock = new JumpingClock();
  const probe = () => {
    probes += 1;
    // As after many additions: just short of the deadline by less than the clock can tell.
    if (probes === 2) clock.nowMs = 52_584.501 + 100.1 - 7e-12;
    if (probes > 50) throw new Error('still waiting');
  };
  await expect(until(clock, { ...never, probe })).rejects.toBeInstanceOf(WaitError);
});

test('what holds at once is not waited for', async () => {
  const clock = new JumpingClock();
  await expect(until(clock, { ...never, probe: () => 3, holds: () => true })).resolves.toBe(3);
  expect(clock.nowMs).toBe(52_584.501);
});
