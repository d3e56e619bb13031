import { expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { blobIdFromRandom, deviceIdFromBytes, groupIdFromBytes } from '../core/ids.ts';
import type { RelayParts } from '../relay/parts.ts';
import { RelayWorld } from '../relay/relay-world.test-support.ts';
import { retryRefusedForEver } from './retry-refused-for-ever.ts';

test('a push is refused the second time, and also when its blob is gone', async () => {
  const prng = new Prng('retry');
  let parts: RelayParts | null = null;
  new RelayWorld({}, [
    (given) => {
      parts = retryRefusedForEver.relay!(given);
      return parts;
    },
  ]);
  const { store, database } = parts!;
  const blob = {
    groupId: groupIdFromBytes(prng.bytes(32)),
    senderId: deviceIdFromBytes(prng.bytes(32)),
    blobId: blobIdFromRandom(prng.bytes(16)),
    payload: prng.bytes(100),
    timestamp: 0,
    ttlSeconds: 0,
  };
  expect(await store.push(blob)).toMatchObject({ kind: 'stored', cursor: 1 });
  expect(await store.push(blob)).toEqual({ kind: 'conflict' });
  await database.transaction('test', (sql) => sql.run('DELETE FROM blobs'));
  expect(await store.push(blob)).toEqual({ kind: 'conflict' });
  expect(await store.push({ ...blob, blobId: blobIdFromRandom(prng.bytes(16)) })).toMatchObject({ kind: 'stored' });
});
