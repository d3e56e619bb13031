import { describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { sampleTrial } from './sample-trial.test-support.ts';
import { timelineOf } from './timeline.ts';

function record(scenario: string, variant: string, trouble: 'lost-item' | 'no-reaction' | null = null) {
  const plan = { scenario, variant, iteration: 0, runSeed: '0x1', trouble, disarmed: false, prng: new Prng('0x1') };
  return sampleTrial(plan).record!;
}

describe('the time line of a trial', () => {
  test('a push lasts until the relay acknowledged it; one without stands out', () => {
    const { operations, spanMs, lanes } = timelineOf(record('S-CONC-01', 'seeded', 'lost-item'), 3_000)!;
    const pushes = operations.filter(([, op]) => op === 'push');
    expect(pushes).toHaveLength(40 + 40 + 100);
    const lost = pushes.filter(([, , , , end]) => end !== 'acked');
    expect(lost.map(([lane, , , , end, part]) => [lanes[lane], end, part])).toEqual([
      ['node-b', 'ok', 'load[0].barrier-push'],
    ]);
    for (const [, , from, to, end] of pushes) {
      expect(to! - from).toBeGreaterThan(end === 'acked' ? 3 : 0);
      expect(to).toBeLessThanOrEqual(spanMs);
    }
  });

  test('faults have their window, their lanes and what was measured', () => {
    const { windows, marks, lanes } = timelineOf(record('T-LOSS-02', 'p20'), 3_000)!;
    expect(windows).toHaveLength(1);
    expect(windows[0]).toMatchObject({ name: 'loss', lanes: [0, 1], fromMs: 2_450, toMs: 11_212, armed: true });
    expect(windows[0]!.parameters).toBe('link: [node-a, node-b], direction: [up, down], share: 0.2');
    expect(windows[0]!.witnesses[0]![1]).toMatch(/^packetsSeen: 1420, packetsDropped: \d+, /);
    expect(marks.filter(([, kind]) => kind === 'cut').map(([lane]) => lanes[lane])).toHaveLength(6);
  });

  test('states, phases and curves cover the trial', () => {
    const { states, phases, curves, figures, spanMs } = timelineOf(
      record('E-HS-01', 'flip-kem-ct', 'no-reaction'),
      3_000,
    )!;
    expect(states.filter(([lane]) => lane === 0).map(([, state]) => state)).toEqual([
      'connecting',
      'connected',
      'disconnected',
      'connecting',
      'handshaking',
      'reconnecting',
      'handshaking',
      'connected',
    ]);
    expect(states.at(-1)![3]).toBe(spanMs);
    expect(phases.map(([name]) => name)).toEqual(['opened', 'seeding', 'loading', 'healing', 'settling', 'collecting']);
    expect(phases.at(-1)![2]).toBe(spanMs);
    expect(curves.map(({ name }) => name)).toEqual(['lag of the machine', 'pending handshakes at the relay']);
    expect(figures[1]).toEqual(['relay descriptors', '24 → 26']);
  });

  test('thinned out, it keeps what matters and says how much is gone', () => {
    const whole = record('S-CONC-01', 'seeded', 'lost-item');
    const all = timelineOf(whole, 3_000)!;
    const few = timelineOf(whole, 50)!;
    expect(few.operations).toHaveLength(50);
    expect(few.marks).toHaveLength(50);
    expect(few.leftOut).toBe(all.operations.length + all.marks.length - 100);
    expect(few.operations.filter(([, , , , end]) => end === 'ok')).toEqual(
      all.operations.filter(([, , , , end]) => end === 'ok'),
    );
    expect(few.marks.filter(([, kind]) => kind === 'tester')).toHaveLength(2);
    expect(few.operations.at(-1)![2]).toBeGreaterThan(3_800);
  });

  test('a record without entries has none', () => {
    expect(timelineOf({ ...record('S-CONC-01', 'seeded'), entries: [] }, 50)).toBeNull();
  });
});
