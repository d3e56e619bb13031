import { beforeAll, describe, expect, test } from '@jest/globals';
import { defects } from './registry.ts';
import { type Picture, pictureWith } from './system-picture.test-support.ts';

/** The correct system: 20 items each, one of them deleted, one more that lost its acknowledgements, one served damaged. */
const correct: Picture = {
  heldByA: { live: 41, different: 41, deleted: 1, damaged: 0 },
  heldByB: { live: 41, different: 41, deleted: 1, damaged: 0 },
  // A has numbered its tombstone too.
  vectorOfA: [23, 20],
  vectorOfB: [23, 20],
  waiting: [0, 0],
  lowestCursor: 1,
  cursorsGivenTwice: 0,
  relayGroups: 1,
  sessions: 2,
  pendingHandshakes: 0,
  descriptors: 0,
  metricLabels: ['version'],
  linesPastTheRelayLog: [],
  namesInRelayLog: 0,
  linesPastTheNodeLog: [],
  passphraseInNodeLog: false,
  plaintextAtRelay: false,
  namesAtRelay: 0,
  dhKeysUsedTwice: 0,
  kemKeysUsedTwice: 0,
  outstanding: { whileDamaged: 1, afterRestart: 1, inTheEnd: 0 },
};

const holds = (live: number, others: Partial<Picture['heldByA']> = {}): Picture['heldByA'] => ({
  live,
  different: live,
  deleted: 1,
  damaged: 0,
  ...others,
});

/**
 * What is different with each defect that shows in this course of events; everything else must be as in the correct
 * system. The others need the faults of their scenarios to show.
 */
const changes: Readonly<Record<string, Partial<Picture>>> = {
  // Each of the twenty that met took the place of another.
  'cursor-in-two-statements': {
    heldByA: holds(21),
    heldByB: holds(22),
    vectorOfA: [23, 0],
    vectorOfB: [0, 20],
    cursorsGivenTwice: 20,
  },
  'first-cursor-zero': { heldByB: holds(40), vectorOfB: [0, 20], lowestCursor: 0 },
  'ephemeral-reused': { dhKeysUsedTwice: 1, kemKeysUsedTwice: 1 },
  // One failed handshake, and eight of devices that were known.
  'pending-handshake-kept': { pendingHandshakes: 9 },
  'dead-letter-after-three': { heldByA: holds(40, { deleted: 2 }) },
  'retry-refused-for-ever': { waiting: [1, 0] },
  // Three retries of one item, each stored as another.
  'new-id-per-retry': { heldByA: holds(44, { different: 41 }), heldByB: holds(44, { different: 41 }) },
  // Each of these needs a crash or a request of its own: `crash-and-switching.test.ts`.
  'vector-written-later': {},
  'pull-and-push-deadlock': {},
  // Each of these needs a connection that died unseen: `dead-connections.test.ts`.
  'newcomer-refused': {},
  'liveness-by-writes': {},
  // To be seen only in many nodes at once: `backoff-without-jitter.test.ts`.
  'backoff-without-jitter': {},
  // Each of these needs an interruption of its own: `interrupted-sync.test.ts`.
  'outbox-cleared-on-send': {},
  'delivered-when-sent': {},
  'cursor-saved-before-items': {},
  'head-taken-as-seen': {},
  'vector-before-items': {},
  // Nobody can tell any more that an item was damaged.
  'payload-pushed-unsealed': {
    heldByB: holds(41, { damaged: 1 }),
    plaintextAtRelay: true,
    outstanding: { whileDamaged: 0, afterRestart: 0, inTheEnd: 0 },
  },
  'passphrase-in-node-log': { linesPastTheNodeLog: ['deriving'], passphraseInNodeLog: true },
  'device-name-in-relay-log': { linesPastTheRelayLog: ['device-entered'], namesInRelayLog: 2, namesAtRelay: 2 },
  'group-id-in-metrics-label': { metricLabels: ['version', 'group'] },
  'stored-byte-changed': { heldByA: holds(41, { damaged: 2 }), heldByB: holds(41, { damaged: 2 }) },
  'blob-dropped-after-ack': { heldByA: holds(39), vectorOfA: [23, 7] },
  'item-stored-twice': { heldByA: holds(43, { different: 41 }), heldByB: holds(43, { different: 41 }) },
  'vector-component-skipped': { vectorOfA: [0, 20], vectorOfB: [23, 0] },
  'tombstone-not-applied': { heldByB: holds(42, { deleted: 0 }) },
  'session-left-behind': { sessions: 10 },
  'descriptor-leaked-per-push': { descriptors: 46 },
  'outstanding-in-memory-only': {
    heldByB: holds(40),
    vectorOfB: [22, 20],
    outstanding: { whileDamaged: 1, afterRestart: 0, inTheEnd: 0 },
  },
};

describe('one course of events', () => {
  let sound: Picture;
  beforeAll(async () => {
    sound = await pictureWith([]);
  });

  test('leaves the correct system with everything everywhere', () => {
    expect(sound).toEqual(correct);
  });

  test.each(Object.keys(changes))('%s changes what it says and nothing else', async (name) => {
    expect(defects).toHaveProperty(name);
    expect(await pictureWith([name])).toEqual({ ...sound, ...changes[name] });
  });

  test('two defects of one store are both there', async () => {
    const names = ['item-stored-twice', 'vector-component-skipped', 'first-cursor-zero', 'group-id-in-metrics-label'];
    const { heldByA, vectorOfA, lowestCursor, metricLabels } = await pictureWith(names);
    expect(heldByA.live - heldByA.different).toBe(2);
    expect(vectorOfA[0]).toBe(0);
    expect(lowestCursor).toBe(0);
    expect(metricLabels).toEqual(['version', 'group']);
  });
});
