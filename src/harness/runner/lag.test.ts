import { expect, test } from '@jest/globals';
import type { Clock } from '../../support/clock.ts';
import { History } from '../history/history.ts';
import { watchLag } from './lag.ts';
import type { TrialContext } from './trial-context.ts';

/** A clock whose timers come as late as the process is busy. */
class BusyClock {
  nowMs = 0;
  #timers: { readonly dueMs: number; readonly fire: () => void }[] = [];

  readonly clock = {
    wallMs: () => this.nowMs,
    monotonicMs: () => this.nowMs,
    setTimer: (afterMs: number, fire: () => void) => {
      const timer = { dueMs: this.nowMs + afterMs, fire };
      this.#timers.push(timer);
      const cancel = () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      };
      return { cancel };
    },
  } as unknown as Clock;

  /** The process does nothing else for so long; then what is due comes, all of it late. */
  busy(ms: number): void {
    this.nowMs += ms;
    const due = this.#timers.filter(({ dueMs }) => dueMs <= this.nowMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { fire } of due) fire();
  }
}

function watched(busy: BusyClock, arena: 'docker' | 'simulator' = 'docker') {
  const history = new History(busy.clock);
  const end = watchLag({ topology: { arena }, clock: busy.clock, history } as unknown as TrialContext);
  return { end, lags: () => history.of('lag').map(({ timerLagMs }) => timerLagMs) };
}

test('every trial of the process sees the lag that came while it ran, whoever caused it', () => {
  const busy = new BusyClock();
  const first = watched(busy);
  busy.busy(20);
  const second = watched(busy);
  busy.busy(95);
  first.end();
  for (let turn = 0; turn < 5; turn += 1) busy.busy(20);
  second.end();
  const third = watched(busy);
  busy.busy(21.26);
  third.end();
  expect([first.lags(), second.lags(), third.lags()]).toEqual([[75], [75], [1.3]]);
});

test('a thread that waits beside the system counts like the tester’s own timers, until the end', () => {
  const busy = new BusyClock();
  const history = new History(busy.clock);
  const hearers = new Set<(lateMs: number) => void>();
  const hearLateness = (heard: (lateMs: number) => void) => {
    hearers.add(heard);
    return () => hearers.delete(heard);
  };
  const topology = { arena: 'docker', hearLateness };
  const end = watchLag({ topology, clock: busy.clock, history } as unknown as TrialContext);
  busy.busy(30);
  for (const heard of hearers) heard(70.04);
  end();
  expect([history.of('lag').map(({ timerLagMs }) => timerLagMs), hearers.size]).toEqual([[70], 0]);
});

test('virtual time is never late', () => {
  const busy = new BusyClock();
  const trial = watched(busy, 'simulator');
  busy.busy(500);
  trial.end();
  expect(trial.lags()).toEqual([]);
});
