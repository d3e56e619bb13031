import { expect, test } from '@jest/globals';
import { type BlobId, blobIdFromBytes } from '../core/ids.ts';
import { OpenRequests, RelayRefusal, type RequestName, SessionEnded } from './open-requests.ts';

test('an answer goes to the oldest request of its kind, an acknowledgement to the push of its blob', () => {
  const { requests, ask, told } = newQueue();
  ask('PUSH', 'first', blob(1));
  ask('PUSH', 'second', blob(2));
  ask('PULL', 'third');
  requests.answer({ type: 'PUSH_ACK', blobId: blob(2), cursor: 1, timestamp: 0 });
  requests.answer({ type: 'PULL_RESPONSE', blobs: [], hasMore: false, maxCursor: 0 });
  expect(requests.answer({ type: 'PUSH_ACK', blobId: blob(9), cursor: 1, timestamp: 0 })).toBeNull();
  expect(told).toEqual(['second PUSH_ACK', 'third PULL_RESPONSE']);
});

test('an error goes to the oldest request of all', () => {
  const { requests, ask, told } = newQueue();
  ask('PUSH', 'first', blob(1));
  ask('PULL', 'second');
  expect(requests.refuse(new RelayRefusal(2000, 'slow down'))).toBe(true);
  expect(told).toEqual(['first RelayRefusal']);
  expect(requests.has('PULL')).toBe(true);
});

test('a deletion has gone through when something asked after it is answered, and not before', () => {
  const { requests, ask, told } = newQueue();
  ask('PULL', 'first');
  ask('DELETE', 'second');
  ask('PRESENCE', 'third');
  requests.answer({ type: 'PULL_RESPONSE', blobs: [], hasMore: false, maxCursor: 0 });
  expect(told).toEqual(['first PULL_RESPONSE']);
  requests.answer({ type: 'PRESENCE', status: 'online', ackedCursor: 0 });
  expect(told.slice(1)).toEqual(['second null', 'third PRESENCE']);
  expect(requests.isEmpty).toBe(true);
});

test('the end of the session fails everything that is open', () => {
  const { requests, ask, told } = newQueue();
  ask('PUSH', 'first', blob(1));
  ask('DELETE', 'second');
  requests.failAll(new SessionEnded());
  expect(told).toEqual(['first SessionEnded', 'second SessionEnded']);
  expect(requests.refuse(new RelayRefusal(2000, ''))).toBe(false);
});

function newQueue() {
  const requests = new OpenRequests();
  const told: string[] = [];
  const ask = (type: RequestName, name: string, blobId: BlobId | null = null): void =>
    requests.add({
      type,
      blobId,
      sentAtMs: 0,
      succeed: (answer) => told.push(`${name} ${answer?.type ?? 'null'}`),
      fail: (error) => told.push(`${name} ${error.name}`),
    });
  return { requests, ask, told };
}

function blob(n: number): BlobId {
  return blobIdFromBytes(new Uint8Array(16).fill(n));
}
