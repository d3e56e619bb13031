import { describe } from '@jest/globals';
import { isTapRecord } from '../../contract/tap.ts';
import type { HistoryEntry } from '../history/history.ts';
import { failedSecretsNowhere } from './failed-secrets-nowhere.ts';
import { freshEphemerals } from './fresh-ephemerals.ts';
import { noM3Sent } from './no-m3-sent.ts';
import { noPendingHandshakeLeft } from './no-pending-handshake-left.ts';
import { noSessionLeft } from './no-session-left.ts';
import { pendingHandshakesGone } from './pending-handshakes-gone.ts';
import {
  beginsFault,
  type Draft,
  edit,
  event,
  handshakeRecord,
  insert,
  isEvent,
  remove,
  state,
  tapped,
  witness,
} from './record.test-support.ts';
import { successWithinAttempts } from './success-within-attempts.ts';
import { testTable } from './table.test-support.ts';
import { typedFailure } from './typed-failure.ts';

type Failure = Extract<Extract<HistoryEntry, { kind: 'event' }>['event'], { event: 'handshake-failed' }>;

function failure(draft: Draft, change: Partial<Failure>): void {
  edit(draft, isEvent('handshake-failed'), {
    event: { event: 'handshake-failed', atMs: 0, stage: 'm2', reason: 'agreement', afterMs: 1000, ...change },
  });
}

function failAgain(draft: Draft, atMs: number): void {
  insert(
    draft,
    atMs,
    state('node-a', 'connecting'),
    state('node-a', 'handshaking'),
    event('node-a', { event: 'handshake-failed', atMs: 0, stage: 'm2', reason: 'agreement', afterMs: 10 }),
    state('node-a', 'reconnecting'),
  );
}

const isPending = (entry: HistoryEntry) => entry.kind === 'witness' && entry.name === 'pending-handshakes';

function pending(afterFailureMs: number, value: number, sessions = 0) {
  return witness('pending-handshakes', { node: 'node-a', afterFailureMs, value, sessions });
}

const disarmed = {
  says: 'unknown' as const,
  when: 'the fault was disarmed',
  change: (d: Draft) => edit(d, beginsFault, { disarmed: true }),
};

describe('typed-failure', () => {
  testTable(typedFailure, [
    {
      says: 'invalid',
      when: 'no failure was reported',
      change: (d) => remove(d, isEvent('handshake-failed')),
      naming: 'reported no failed handshake',
    },
    {
      says: 'invalid',
      when: 'the reason is a sentence',
      change: (d) => failure(d, { reason: 'Error: bad tag' }),
      naming: '"Error: bad tag"',
    },
    { says: 'invalid', when: 'the reason is a shrug', change: (d) => failure(d, { reason: 'unknown' }) },
    { says: 'invalid', when: 'there is no stage', change: (d) => failure(d, { stage: '' }) },
    {
      says: 'invalid',
      when: 'it came after the time-out',
      change: (d) => failure(d, { afterMs: 11_500 }),
      naming: 'failed after 11500 ms',
    },
    {
      says: 'valid',
      when: 'it came with the time-out',
      change: (d) => failure(d, { afterMs: 10_100, reason: 'timed-out' }),
    },
    {
      says: 'unknown',
      when: 'it came late on a machine that was too busy',
      change: (d) => {
        failure(d, { afterMs: 11_500 });
        insert(d, 13_000, { kind: 'lag', timerLagMs: 2_000 });
      },
    },
    {
      says: 'invalid',
      when: 'the only failure came before the fault',
      change: (d) => {
        remove(d, isEvent('handshake-failed'));
        insert(
          d,
          5_000,
          event('node-a', { event: 'handshake-failed', atMs: 0, stage: 'm2', reason: 'agreement', afterMs: 10 }),
        );
      },
    },
    {
      says: 'invalid',
      when: 'only another node failed',
      change: (d) => edit(d, isEvent('handshake-failed'), { node: 'node-b' }),
    },
    disarmed,
  ]);
});

describe('success-within-attempts', () => {
  testTable(
    successWithinAttempts,
    [
      { says: 'valid', when: 'the second attempt works', change: (d) => failAgain(d, 15_000), naming: 'attempt 2' },
      {
        says: 'invalid',
        when: 'only the third attempt works',
        change: (d) => {
          failAgain(d, 15_000);
          failAgain(d, 17_000);
        },
        naming: 'needed 3 attempts',
      },
      {
        says: 'invalid',
        when: 'the node never connected again',
        change: (d) => remove(d, (entry) => entry.atMs === 21_000),
        naming: 'not connected again',
      },
      {
        says: 'invalid',
        when: 'nothing was acknowledged after it',
        change: (d) => remove(d, (entry) => entry.atMs === 21_500),
        naming: 'no push of node-a',
      },
      { says: 'invalid', when: 'nothing failed', change: (d) => remove(d, isEvent('handshake-failed')) },
      disarmed,
    ],
    { attempts: 2 },
  );
});

describe('fresh-ephemerals', () => {
  const isM1 = (draft: Draft, connection: number) =>
    draft.collected
      .tapJournal!.filter(isTapRecord)
      .find((entry) => entry.connection === connection && entry.direction === 'up' && entry.record === 0)!;
  const withKey = (draft: Draft, fill: number, from: number, to: number) => {
    const raw = Buffer.from(isM1(draft, 2).rawBefore!, 'base64');
    raw.fill(fill, from, to);
    isM1(draft, 2).rawBefore = raw.toString('base64');
  };
  const cutM1 = (draft: Draft, connection: number, bytes: number) => {
    const entry = isM1(draft, connection);
    entry.rawBefore = Buffer.from(entry.rawBefore!, 'base64').subarray(0, bytes).toString('base64');
  };
  testTable(freshEphemerals, [
    {
      says: 'valid',
      when: 'the first message of one attempt was cut before the tap had a key of it',
      change: (d) => cutM1(d, 1, 33),
      naming: 'not run: keys of connection 1 of node-a (31 bytes of m1 came)',
    },
    {
      says: 'invalid',
      when: 'a retry uses the X25519 key of an attempt that was cut',
      change: (d) => {
        cutM1(d, 1, 34);
        withKey(d, 2, 2, 34);
      },
      naming: 'connections 1 and 2 of node-a share e',
    },
    {
      says: 'invalid',
      when: 'a retry uses the KEM key of which an attempt sent a part',
      change: (d) => {
        cutM1(d, 1, 34 + 40);
        withKey(d, 2, 34, 1218);
      },
      naming: 'connections 1 and 2 of node-a share kem-e',
    },
    {
      says: 'invalid',
      when: 'a retry uses the same X25519 key',
      change: (d) => withKey(d, 2, 2, 34),
      naming: 'connections 1 and 2 of node-a share e',
    },
    {
      says: 'invalid',
      when: 'a retry uses the same KEM key',
      change: (d) => withKey(d, 2, 34, 1218),
      naming: 'share kem-e',
    },
    {
      says: 'invalid',
      when: 'a retry uses keys from before the fault',
      change: (d) => withKey(d, 1, 2, 1218),
      naming: 'connections 0 and 2',
    },
    {
      says: 'unknown',
      when: 'only one attempt was seen whole',
      change: (d) => {
        d.collected.tapJournal = d.collected.tapJournal!.filter(({ connection }) => connection === 1);
      },
    },
    { says: 'unknown', when: 'there is no journal', change: (d) => Object.assign(d.collected, { tapJournal: null }) },
    disarmed,
  ]);
});

describe('no-m3-sent', () => {
  testTable(noM3Sent, [
    {
      says: 'invalid',
      when: 'an m3 followed',
      change: (d) => d.collected.tapJournal!.push(tapped(11_200, 1, 'up', 1, handshakeRecord('m3', 1))),
      naming: 'sent record 1',
    },
    {
      says: 'invalid',
      when: 'the node failed at another message',
      change: (d) => failure(d, { stage: 'm4' }),
      naming: 'failed at m4, expected m2',
    },
    { says: 'invalid', when: 'nothing failed', change: (d) => remove(d, isEvent('handshake-failed')) },
    {
      says: 'unknown',
      when: 'no m2 passed',
      change: (d) => {
        d.collected.tapJournal = d.collected.tapJournal!.filter(
          (entry) => entry.connection !== 1 || !isTapRecord(entry) || entry.direction === 'up',
        );
      },
    },
    { says: 'unknown', when: 'there is no journal', change: (d) => Object.assign(d.collected, { tapJournal: null }) },
    disarmed,
  ]);
});

describe('pending-handshakes-gone', () => {
  testTable(pendingHandshakesGone, [
    {
      says: 'valid',
      when: 'the count goes to 0 within a second',
      change: (d) => {
        remove(d, isPending);
        insert(d, 12_020, pending(20, 1));
        insert(d, 12_900, pending(900, 0));
      },
    },
    {
      says: 'invalid',
      when: 'it took longer',
      change: (d) => {
        remove(d, isPending);
        insert(d, 13_400, pending(1_400, 0));
      },
      naming: 'gone after 1400 ms',
    },
    {
      says: 'invalid',
      when: 'the entry stayed',
      change: (d) => {
        remove(d, isPending);
        insert(d, 12_020, pending(20, 1));
        insert(d, 13_500, pending(1_500, 1));
      },
      naming: 'still pending 1500 ms after',
    },
    {
      says: 'unknown',
      when: 'it was watched for too short a time',
      change: (d) => {
        remove(d, isPending);
        insert(d, 12_020, pending(20, 1));
      },
    },
    { says: 'unknown', when: 'nobody watched', change: (d) => remove(d, isPending) },
    disarmed,
  ]);
});

describe('no-session-left', () => {
  testTable(noSessionLeft, [
    {
      says: 'invalid',
      when: 'the relay keeps a session of the device',
      change: (d) => {
        remove(d, isPending);
        insert(d, 12_050, pending(50, 0, 1));
      },
      naming: '1 sessions of node-a',
    },
    {
      says: 'invalid',
      when: 'the node calls itself connected',
      change: (d) => insert(d, 12_100, state('node-a', 'connected')),
      naming: 'became connected without another attempt',
    },
    { says: 'unknown', when: 'nobody looked', change: (d) => remove(d, isPending) },
    { says: 'unknown', when: 'nothing failed', change: (d) => remove(d, isEvent('handshake-failed')) },
    disarmed,
  ]);
});

describe('no-pending-handshake-left', () => {
  testTable(noPendingHandshakeLeft, [
    {
      says: 'invalid',
      when: 'one is pending at the end',
      change: (d) => Object.assign(d.collected.relay.stats!, { pendingHandshakes: 1 }),
      naming: '1 pending after 1 failures',
    },
    {
      says: 'unknown',
      when: 'there are no statistics',
      change: (d) => Object.assign(d.collected.relay, { stats: null }),
    },
  ]);
});

describe('failed-secrets-nowhere', () => {
  testTable(failedSecretsNowhere, [
    {
      says: 'invalid',
      when: 'a secret is found',
      change: (d) => d.collected.searches[1]!.hits.push({ canary: 'handshake-secret', encoding: 'hex', offset: 4 }),
      naming: 'handshake-secret in node-a-log',
    },
    {
      says: 'unknown',
      when: 'no secret was searched for',
      change: (d) =>
        edit(d, (entry) => entry.kind === 'witness' && entry.name === 'canaries', {
          value: { labels: { content: 1 } },
        }),
    },
    {
      says: 'unknown',
      when: 'a source was not searched',
      change: (d) => d.collected.searches.shift(),
      naming: 'log of relay',
    },
  ]);
});
