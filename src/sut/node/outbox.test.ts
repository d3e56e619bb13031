import { beforeEach, expect, test } from '@jest/globals';
import { errorCodes } from '../../contract/wire.ts';
import type { BlobId } from '../core/ids.ts';
import { TestClock } from './node-world.test-support.ts';
import { RelayRefusal } from './open-requests.ts';
import { Outbox } from './outbox.ts';
import { standardRules } from './outbox-rules.ts';
import type { Session } from './session.ts';
import type { Ack, NextEntry } from './store.ts';
import type { SyncContext } from './sync-context.ts';
import type { QueuedDeletion } from './tables/deletion-table.ts';

/** Storage that keeps sealed entries and deletions in lists, and counts what it is asked. */
class ListStore {
  readonly unsealed: string[] = [];
  readonly sealed: string[] = [];
  deletions: QueuedDeletion[] = [];
  asked = 0;
  /** Thrown once, when it is next asked for deletions. */
  failure: Error | null = null;
  /** What happens while the next question is under way. */
  meanwhile: (() => void) | null = null;

  async sealNext(count: number) {
    const sealed = this.unsealed.splice(0, count);
    this.sealed.push(...sealed);
    return sealed.map((blobId) => ({ blobId, payload: new Uint8Array(1), sequence: 1 }));
  }

  async nextToSend(excluded: ReadonlySet<string>): Promise<NextEntry | null> {
    this.asked += 1;
    const [blobId, ...behind] = this.sealed.filter((one) => !excluded.has(one));
    const { meanwhile } = this;
    this.meanwhile = null;
    if (meanwhile !== null) {
      meanwhile();
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (blobId === undefined) return null;
    return { blobId: blobId as BlobId, payload: new Uint8Array(1), isLast: behind.length === 0 };
  }

  async acked(acks: readonly Ack[]) {
    for (const { blobId } of acks) this.sealed.splice(this.sealed.indexOf(blobId), 1);
    return acks.map(() => 1);
  }

  async queuedDeletions() {
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure;
    return this.deletions;
  }

  async deletionTold(target: string) {
    this.deletions = this.deletions.filter((one) => one.target !== target);
  }
}

/** A relay that answers when the test says so. */
class Wire {
  readonly sent: string[] = [];
  readonly deleted: string[] = [];
  readonly #open = new Map<string, PromiseWithResolvers<number>>();

  readonly session = {
    push: (blobId: string) => {
      this.sent.push(blobId);
      const answer = Promise.withResolvers<number>();
      this.#open.set(blobId, answer);
      return answer.promise;
    },
    delete: async (target: string) => void this.deleted.push(target),
  } as unknown as Session;

  async acknowledge(blobId: string): Promise<void> {
    this.#open.get(blobId)!.resolve(1);
    await clock.advance(0);
  }

  async refuse(blobId: string, code: number): Promise<void> {
    this.#open.get(blobId)!.reject(new RelayRefusal(code, 'no'));
    await clock.advance(0);
  }
}

let clock: TestClock;
let store: ListStore;
let wire: Wire;
let outbox: Outbox;
let failures: unknown[];

beforeEach(() => {
  clock = new TestClock();
  store = new ListStore();
  wire = new Wire();
  failures = [];
  const parts = {
    store,
    ports: { clock },
    config: { outboxWindow: 3 },
    outboxRules: standardRules,
    retryDelayMs: () => 100,
    log: { write: () => undefined },
    events: { emit: () => undefined },
  };
  const sealer = { seal: () => new Uint8Array(1) };
  outbox = new Outbox({
    parts,
    sealer,
    session: () => wire.session,
    failed: (error: unknown) => failures.push(error),
  } as unknown as SyncContext);
});

async function connected(): Promise<void> {
  outbox.allowNumbers();
  outbox.connected();
  outbox.caughtUp();
  await clock.advance(0);
}

async function queue(...items: readonly string[]): Promise<void> {
  store.unsealed.push(...items);
  outbox.queued();
  await clock.advance(0);
}

test('asks once for a push that is the last, and not again for acknowledgements of others', async () => {
  await connected();
  store.asked = 0;
  await queue('one', 'two');
  expect([store.asked, wire.sent]).toEqual([2, ['one', 'two']]);
  await wire.acknowledge('one');
  expect(store.asked).toBe(2);
  await wire.acknowledge('two');
  expect([store.asked, store.sealed]).toEqual([3, []]);
});

test('sends what was refused for the moment again, beside others on their way', async () => {
  await connected();
  await queue('one', 'two');
  await wire.refuse('one', errorCodes.RATE_LIMITED);
  await clock.advance(99);
  expect(wire.sent).toEqual(['one', 'two']);
  await wire.acknowledge('two');
  await clock.advance(1);
  expect(wire.sent).toEqual(['one', 'two', 'one']);
});

test('sends what was refused for what it is again, while another is still on its way', async () => {
  await connected();
  await queue('one', 'two');
  await wire.refuse('one', errorCodes.INVALID_MESSAGE);
  await clock.advance(100);
  expect(wire.sent).toEqual(['one', 'two', 'one']);
});

test('sends what is sealed while the storage says that nothing is left', async () => {
  await connected();
  store.meanwhile = () => {
    store.unsealed.push('late');
    outbox.queued();
  };
  outbox.wake();
  await clock.advance(0);
  expect(wire.sent).toEqual(['late']);
});

test('sends on the next connection what was found for one that ended meanwhile', async () => {
  await connected();
  const first = wire;
  store.meanwhile = () => {
    wire = new Wire();
  };
  await queue('one');
  await clock.advance(0);
  expect([first.sent, wire.sent]).toEqual([[], ['one']]);
});

test('tells the relay of a deletion although the storage failed when it was asked for', async () => {
  await connected();
  store.deletions = [{ target: 'gone' as BlobId, force: false, isDue: true }];
  outbox.deletionQueued();
  store.failure = new Error('disk');
  await queue('tombstone');
  await wire.acknowledge('tombstone');
  expect(failures).toHaveLength(1);
  outbox.connected();
  await clock.advance(0);
  expect(wire.deleted).toEqual(['gone']);
});
