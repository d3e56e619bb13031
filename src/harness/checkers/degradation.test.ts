import { describe, expect, test } from '@jest/globals';
import { handshakesNotDegraded } from './handshakes-not-degraded.ts';
import {
  beginsFault,
  type Change,
  captured,
  type Draft,
  edit,
  event,
  insert,
  isEvent,
  judged,
  remove,
  state,
  witness,
} from './record.test-support.ts';
import { syncNotDegraded } from './sync-not-degraded.ts';
import { testTable } from './table.test-support.ts';

const withoutBaseline: Change = (draft) => Object.assign(draft, { baseline: null });
const busy: Change = (draft) => edit(draft, ({ kind }) => kind === 'lag', { timerLagMs: 60 });
const cannot = (one: string) => (draft: Draft) => Object.assign(draft, { can: draft.can.filter((can) => can !== one) });
/** The fault of the record in the place of its loss. */
const fault = (name: string, parameters: object) => (draft: Draft) =>
  edit(draft, beginsFault, { name, parameters: { link: ['node-a'], direction: ['up', 'down'], ...parameters } });
const all =
  (...changes: readonly Change[]): Change =>
  (draft) => {
    for (const change of changes) change(draft);
  };
const disarm: Change = (draft) => edit(draft, beginsFault, { disarmed: true });

/** One more item of node-a, so many milliseconds on its way to node-b. */
const pushed =
  (atMs: number, tookMs: number, bytes = 1024, item = 'a4'): Change =>
  (draft) => {
    insert(draft, atMs, { kind: 'invoked', operation: 300 + atMs, node: 'node-a', op: 'push', part: 'load[0]', bytes });
    const answer = { outcome: 'ok', level: 'local', item, cursor: null, sequence: null } as const;
    insert(draft, atMs, { kind: 'answered', operation: 300 + atMs, ...answer });
    const received = { event: 'received', atMs: 0, item, cursor: 8, author: 'A', sequence: 5 } as const;
    insert(draft, atMs + tookMs, event('node-b', received));
  };

describe('sync-not-degraded', () => {
  // A mebibyte takes 10.4 ms on the clean network of the record.
  testTable(syncNotDegraded, [
    { says: 'invalid', when: 'an item took too long', change: pushed(3000, 105), naming: '105 of 104 ms' },
    { says: 'valid', when: 'it took just as long as it may', change: pushed(3000, 104) },
    { says: 'valid', when: 'four mebibytes took four times as long', change: pushed(3000, 416, 4 << 20) },
    { says: 'invalid', when: 'they took longer', change: pushed(3000, 417, 4 << 20), naming: '417 of 416 ms' },
    {
      says: 'valid',
      when: 'a long load never let the link rest, and its last item was quick',
      change: all(...[...Array(9).keys()].map((one) => pushed(3000 + one * 100, 103, 1024, `x${one}`))),
    },
    { says: 'unknown', when: 'it took too long on a busy machine', change: all(pushed(3000, 105), busy) },
    { says: 'valid', when: 'nothing was late on a busy machine', change: busy },
    {
      says: 'valid',
      when: 'the author had lost its connection meanwhile',
      change: all(pushed(3000, 2000), (d) => {
        insert(d, 3100, state('node-a', 'reconnecting', 1));
        insert(d, 4950, state('node-a', 'connected'));
      }),
    },
    {
      says: 'invalid',
      when: 'it took too long after the author was connected again',
      change: all(pushed(3000, 2000), (d) => {
        insert(d, 3100, state('node-a', 'reconnecting', 1));
        insert(d, 4800, state('node-a', 'connected'));
      }),
      naming: '200 of 104 ms',
    },
    {
      says: 'invalid',
      when: 'a node that only called itself degraded got it late',
      change: all(pushed(3000, 2000), (d) => insert(d, 3100, state('node-b', 'degraded'))),
    },
    {
      says: 'valid',
      when: 'the relay was held meanwhile',
      change: all(pushed(3000, 2000), (d) => {
        insert(d, 3050, { kind: 'process', target: 'relay', event: 'paused' });
        insert(d, 4950, { kind: 'process', target: 'relay', event: 'resumed' });
      }),
    },
    { says: 'valid', when: 'a fault that loses was on', change: all(pushed(12_000, 5000), connectedInFault) },
    {
      says: 'valid',
      when: 'they were under way when such a fault was healed',
      change: all(pushed(19_000, 6000), pushed(19_010, 6050, 1024, 'a5'), connectedInFault),
    },
    {
      says: 'invalid',
      when: 'one pushed later came long after those',
      change: all(pushed(19_000, 2500), pushed(21_600, 300, 1024, 'a5'), connectedInFault),
      naming: '300 of 104 ms',
    },
    { says: 'valid', when: 'it was the first after such a fault', change: all(pushed(20_500, 3000), connectedInFault) },
    {
      says: 'invalid',
      when: 'it came long after a connection that was made after the fault',
      change: pushed(19_000, 2500),
      naming: '500 of 104 ms',
    },
    { says: 'invalid', when: 'that fault was off', change: all(pushed(12_000, 500), connectedInFault, disarm) },
    {
      says: 'valid',
      when: 'the load itself disturbed the link',
      change: all(pushed(3000, 500), (d) =>
        insert(d, 3480, witness('link-disturbed', { node: 'node-a', fromMs: 3000, untilMs: 3480 })),
      ),
    },
    {
      says: 'valid',
      when: 'twice as many items as a mebibyte has need twice the round trips',
      change: all(
        fault('latency', { delay: 90, jitter: 10 }),
        connectedInFault,
        ...[...Array(32).keys()].map((one) => pushed(14_000 + one, 2400 - one, 1024, `x${one}`)),
      ),
    },
    {
      says: 'valid',
      when: 'the node had refused it, and asked for it again in its own time',
      change: all(pushed(3000, 500), (d) =>
        insert(d, 3010, event('node-b', { event: 'refused', atMs: 0, cursor: 8, reason: 'tag' })),
      ),
    },
    {
      says: 'invalid',
      when: 'the node had refused another',
      change: all(pushed(3000, 500), (d) =>
        insert(d, 3010, event('node-b', { event: 'refused', atMs: 0, cursor: 7, reason: 'tag' })),
      ),
    },
    {
      says: 'valid',
      when: 'a delay makes it three times the physical minimum',
      // Two round trips of 200 ms.
      change: all(fault('latency', { delay: 90, jitter: 10 }), connectedInFault, pushed(14_000, 1200)),
    },
    {
      says: 'invalid',
      when: 'it took longer than three times the physical minimum',
      change: all(fault('latency', { delay: 90, jitter: 10 }), connectedInFault, pushed(14_000, 1201)),
      naming: '1201 of 1200 ms',
    },
    {
      says: 'valid',
      when: 'what was sent before the delay was healed came as late as it must',
      change: all(fault('wandering-latency', { min: 5, max: 100, every: 500 }), connectedInFault, pushed(19_950, 1100)),
    },
    {
      says: 'invalid',
      when: 'it was sent long after the heal',
      change: all(fault('wandering-latency', { min: 5, max: 100, every: 500 }), connectedInFault, pushed(22_500, 300)),
    },
    {
      says: 'valid',
      when: 'a rate makes it three times the physical minimum',
      change: all(fault('bandwidth', { rate: 1000 }), connectedInFault, pushed(14_000, 3000, 1000)),
    },
    {
      says: 'invalid',
      when: 'it took longer than the slowest rate explains',
      change: all(fault('bandwidth-steps', { rates: [9000, 1000] }), connectedInFault, pushed(14_000, 3001, 1000)),
    },
    {
      says: 'not-run',
      when: 'the relay’s own limit held pushes back',
      change: (d) => Object.assign(d.collected.relay.stats!, { rejects: { RATE_LIMITED: 3 } }),
      naming: 'limit on messages',
    },
    { says: 'unknown', when: 'there is no baseline', change: withoutBaseline, naming: 'no baseline' },
    { says: 'not-run', when: 'the system does not announce what it receives', change: cannot('cursor') },
    { says: 'unknown', when: 'no node received anything', change: (d) => remove(d, isEvent('received')) },
    {
      says: 'not-run',
      when: 'nothing was ever free to pass',
      change: (d) => remove(d, (entry) => entry.kind === 'event' && isEvent('state')(entry) && entry.node === 'node-b'),
      naming: 'free to pass',
    },
  ]);
});

/** Node-a keeps its connection under a fault that only slows. */
function connectedInFault(draft: Draft): void {
  remove(draft, (entry) => entry.atMs > 10_000 && isEvent('state')(entry));
}

describe('handshakes-not-degraded', () => {
  /** A handshake of node-a in four steps of so many milliseconds; by default it comes to its end. */
  const shaken =
    (flow: string, beganMs: number, stepMs: number, records = 5): Change =>
    (draft) => {
      const ways = ['up', 'down', 'up', 'down', 'up'] as const;
      const seen = ways
        .slice(0, records)
        .map((way, place) => captured(beganMs + place * stepMs, flow, way, place >> 1, 1000, null));
      draft.collected.captures.find(({ point }) => point === 'node-a')!.records.push(...(seen as never[]));
    };

  // The longest on the clean network of the record took 0.52 ms; `captured` adds one to the last record of each.
  testTable(handshakesNotDegraded, [
    { says: 'invalid', when: 'one took too long', change: shaken('x', 3000, 0.6), naming: 'node-a: 3 of 3 ms' },
    { says: 'unknown', when: 'one took too long on a busy machine', change: all(shaken('x', 3000, 0.6), busy) },
    {
      says: 'valid',
      when: 'two at once took twice as long',
      change: all(shaken('x', 3000, 1.2), shaken('y', 3001, 1.2)),
    },
    { says: 'invalid', when: 'one never ended', change: shaken('x', 21_500, 0.1, 3), naming: 'never ended' },
    { says: 'invalid', when: 'the node had given up', change: shaken('x', 21_500, 0.1, 4), naming: 'never ended' },
    { says: 'valid', when: 'one failed under a fault that does more than slow', change: shaken('x', 12_000, 0.1, 3) },
    { says: 'valid', when: 'one was slow under such a fault', change: shaken('x', 12_000, 600) },
    { says: 'invalid', when: 'that fault was off', change: all(shaken('x', 12_000, 600), disarm) },
    {
      says: 'valid',
      when: 'the load itself disturbed the link',
      change: all(shaken('x', 3000, 600), (d) =>
        insert(d, 3480, witness('link-disturbed', { node: 'node-a', fromMs: 3000, untilMs: 3480 })),
      ),
    },
    {
      says: 'valid',
      when: 'the fault’s trigger had fired, though its injection was not over',
      change: all(shaken('x', 9900, 0.1, 3), shaken('y', 9950, 0.1), (d) =>
        insert(d, 9920, witness('triggered', { trigger: 'elapsed' }, 0)),
      ),
    },
    {
      says: 'valid',
      when: 'the process ended meanwhile',
      change: all(shaken('x', 21_500, 0.1, 3), (d) =>
        insert(d, 21_501, { kind: 'process', target: 'node-a', event: 'killed' }),
      ),
    },
    {
      says: 'valid',
      when: 'the node was told to disconnect meanwhile',
      change: all(shaken('x', 21_500, 0.1, 3), (d) =>
        insert(d, 21_501, { kind: 'invoked', operation: 400, node: 'node-a', op: 'disconnect', part: 'load[0]' }),
      ),
    },
    {
      says: 'invalid',
      when: 'only another node was told to',
      change: all(shaken('x', 21_500, 0.1, 3), (d) =>
        insert(d, 21_501, { kind: 'invoked', operation: 400, node: 'node-b', op: 'disconnect', part: 'load[0]' }),
      ),
    },
    {
      says: 'valid',
      when: 'a delay makes it three times the physical minimum',
      // Two round trips of 200 ms.
      change: all(fault('latency', { delay: 100, jitter: 0 }), shaken('x', 12_000, 399)),
    },
    {
      says: 'valid',
      when: 'two round trips take all that one is given, and it never ended',
      change: all(fault('latency', { delay: 2500, jitter: 0 }), shaken('x', 12_000, 600), shaken('y', 16_000, 0.1, 3)),
    },
    {
      says: 'invalid',
      when: 'two round trips take a little less, and it never ended',
      change: all(fault('latency', { delay: 2499, jitter: 0 }), shaken('x', 12_000, 600), shaken('y', 16_000, 0.1, 3)),
      naming: 'never ended',
    },
    {
      says: 'invalid',
      when: 'it took longer than three times the physical minimum',
      change: all(fault('latency', { delay: 100, jitter: 0 }), shaken('x', 12_000, 401)),
      naming: 'of 1200 ms',
    },
    {
      says: 'valid',
      when: 'a rate makes it three times the physical minimum',
      // 8,291 bytes at 1,000 a second.
      change: all(fault('bandwidth', { rate: 1000 }), shaken('x', 12_000, 6000)),
    },
    { says: 'unknown', when: 'there is no baseline', change: withoutBaseline, naming: 'no baseline' },
    { says: 'not-run', when: 'sessions start in another way', change: cannot('handshake') },
    {
      says: 'unknown',
      when: 'nothing was captured at a node',
      change: (d) => Object.assign(d.collected.captures.find(({ point }) => point === 'node-b')!, { records: [] }),
    },
  ]);
});

test('both say how close it was', () => {
  const far = /^\d+ times all arrived, at the closest \d+ items in \d+ of \d+ ms \(clean 10.4 ms\)$/;
  expect(judged(syncNotDegraded, () => {}).because).toMatch(far);
});
