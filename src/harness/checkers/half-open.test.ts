import { describe } from '@jest/globals';
import type { RelaySample, SessionSample } from '../history/relay-sample.ts';
import { halfOpenSeen } from './half-open-seen.ts';
import { oneWayDead } from './one-way-dead.ts';
import { beginsFault, captured, type Draft, edit, event, insert, remove, witness } from './record.test-support.ts';
import { sessionsOnePerDevice } from './sessions-one-per-device.ts';
import { testTable } from './table.test-support.ts';
import { unansweredPushNoticed } from './unanswered-push-noticed.ts';

/** A look at the relay: the sessions of node-a, each with what it has read. */
function look(...ofA: readonly (readonly [session: string, recordsIn: number])[]) {
  const sessions: SessionSample[] = ofA.map(([session, recordsIn]) => ({
    session,
    recordsIn,
    recordsOut: 0,
    pushesIn: 0,
  }));
  const value: Partial<RelaySample> = { sessions: { 'node-a': sessions, 'node-b': [] } };
  return witness('relay', value);
}

const isLook = (entry: { kind: string; name?: string }) => entry.kind === 'witness' && entry.name === 'relay';
const faultIs = (draft: Draft, name: string, parameters: object) =>
  edit(draft, beginsFault, { name, parameters: { link: ['node-a'], ...parameters } });
const atA = (draft: Draft) => draft.collected.captures.find(({ point }) => point === 'node-a')!;

describe('sessions-one-per-device', () => {
  testTable(
    sessionsOnePerDevice,
    [
      {
        says: 'invalid',
        when: 'a device had two at one look',
        change: (d) => insert(d, 12_000, look(['old', 9], ['new', 1])),
        naming: '2 sessions of node-a at 12000',
      },
      { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isLook), naming: 'nobody read' },
    ],
    {},
    (d) => insert(d, 11_000, look(['old', 9])),
  );
});

describe('half-open-seen at the node', () => {
  testTable(
    halfOpenSeen,
    [
      {
        says: 'invalid',
        when: 'the relay kept its session as long as the connection was open',
        change: (d) => edit(d, (entry) => isLook(entry) && entry.atMs === 10_200, look(['old', 9])),
        naming: '0 looks',
      },
      {
        says: 'invalid',
        when: 'nothing was held back',
        change: (d) => edit(d, beginsFault, { disarmed: true }),
        naming: 'no end of a connection',
      },
      { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isLook), naming: 'nobody read' },
      {
        says: 'unknown',
        when: 'no connection was captured',
        change: (d) => {
          atA(d).connections = [];
        },
        naming: 'connections at the interface of node-a',
      },
    ],
    { node: 'node-a', open: 'node' },
    (d) => {
      faultIs(d, 'hold-close', { direction: ['down'] });
      insert(d, 9_900, look(['old', 9]));
      insert(d, 10_200, look());
    },
  );
});

describe('half-open-seen at the relay', () => {
  testTable(
    halfOpenSeen,
    [
      {
        says: 'invalid',
        when: 'another session had taken its place',
        change: (d) => edit(d, (entry) => isLook(entry) && entry.atMs === 11_000, look(['new', 1])),
        naming: '0 looks',
      },
    ],
    { node: 'node-a', open: 'relay' },
    (d) => {
      faultIs(d, 'hold-close', { direction: ['up'] });
      insert(d, 9_900, look(['old', 9]));
      insert(d, 11_000, look(['old', 9]));
    },
  );
});

describe.each([
  { dead: 'up', arrives: 'down', moving: 9 },
  { dead: 'down', arrives: 'up', moving: 10 },
] as const)('one-way-dead, $dead', ({ dead, arrives, moving }) => {
  testTable(
    oneWayDead,
    [
      {
        says: 'invalid',
        when: 'both directions were dead',
        change: (d) => {
          atA(d).records = [captured(9_000, 'a', 'up', 9, 100, null)] as never;
          edit(d, (entry) => isLook(entry) && entry.atMs > 12_000, look(['old', 9]));
        },
        naming: '0 records up, 0 down',
      },
      {
        says: 'invalid',
        when: 'both directions were alive',
        change: (d) => {
          atA(d).records = [captured(12_000, 'a', 'down', 9, 100, null)] as never;
          edit(d, (entry) => isLook(entry) && entry.atMs > 12_000, look(['old', 10]));
        },
        naming: '1 records up, 1 down',
      },
      {
        says: 'invalid',
        when: 'nothing was stalled',
        change: (d) => edit(d, beginsFault, { disarmed: true }),
        naming: 'no direction of node-a',
      },
      { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isLook), naming: 'nobody read' },
    ],
    { node: 'node-a' },
    (d) => {
      faultIs(d, 'stall', { direction: [dead] });
      atA(d).records = [captured(12_000, 'a', arrives, 9, 100, null)] as never;
      insert(d, 11_000, look(['old', 9]));
      insert(d, 13_000, look(['old', moving]));
    },
  );
});

describe('unanswered-push-noticed', () => {
  const pushes = (draft: Draft, askedMs: number) => {
    remove(draft, (entry) => 'part' in entry && entry.part.startsWith('load') && entry.node === 'node-a');
    const asked = { kind: 'invoked', operation: 90, node: 'node-a', op: 'push', part: 'load[0].push' } as const;
    insert(draft, askedMs, { ...asked, digest: 'd', bytes: 9 });
    insert(draft, askedMs + 5, { kind: 'answered', operation: 90, outcome: 'ok', level: 'local', item: 'p' });
  };
  const acked = event('node-a', { event: 'acked', atMs: 0, item: 'p', cursor: 8, sequence: 5 });
  testTable(
    unansweredPushNoticed,
    [
      {
        says: 'invalid',
        when: 'the node noticed too late',
        change: (d) => {
          pushes(d, 5_000);
        },
        naming: 'left connected 6000 ms after',
      },
      {
        says: 'invalid',
        when: 'the item never arrived',
        change: (d) =>
          remove(d, (entry) => entry.kind === 'event' && 'item' in entry.event && entry.event.item === 'p'),
        naming: 'not acknowledged on another connection',
      },
      {
        says: 'valid',
        when: 'the node had noticed already',
        change: (d) => {
          pushes(d, 11_500);
        },
        naming: 'had noticed before',
      },
      {
        says: 'invalid',
        when: 'the node never noticed',
        change: (d) => {
          pushes(d, 21_550);
        },
        naming: 'left connected no ms after',
      },
    ],
    { node: 'node-a', withinMs: 1_000 },
    (d) => {
      pushes(d, 10_500);
      insert(d, 21_600, acked);
    },
  );
});
