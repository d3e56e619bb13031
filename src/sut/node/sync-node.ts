import type { AnswerValue, HeldItem } from '../../contract/control.ts';
import { blobIdBytes, blobKinds, limits } from '../../contract/wire.ts';
import { toHex } from '../../support/bytes.ts';
import { pause } from '../../support/clock.ts';
import { NodeError } from '../../support/errors.ts';
import { sha256 } from '../core/digest.ts';
import { type BlobId, blobIdFromRandom, type DeviceId } from '../core/ids.ts';
import { encodeVector } from '../core/version-vector.ts';
import { Batched } from './batched.ts';
import type { EventHub } from './event-hub.ts';
import { GroupSync } from './group-sync.ts';
import { type GroupRecord, type Identity, writeIdentity } from './identity.ts';
import { RelayRefusal, SessionEnded } from './open-requests.ts';
import type { PushResult } from './outbox.ts';
import { createGroup, inviteTo, joinGroup, type PairOptions } from './pairing.ts';
import type { NodeParts } from './parts.ts';
import type { Pulled } from './puller.ts';
import { knownRelays, parseRelayAddress } from './relay-address.ts';
import type { Session } from './session.ts';
import { NodeStats } from './stats.ts';
import { type AcceptedItem, outboxFull } from './store.ts';
import type { ItemOutline, ItemRow } from './tables/item-table.ts';

/** Another device of the group, as the relay lists it; the name is null when it does not open. */
export interface ListedDevice {
  readonly device: DeviceId;
  readonly name: string | null;
  readonly lastSeenSeconds: number;
  readonly pending: number;
  readonly online: boolean;
}

const flushPollMs = 20;

/**
 * One device: what an application calls. Saving comes first and never waits for a network; everything else follows by
 * itself while a connection is wanted.
 *
 * Its methods throw NodeError, or StorageError where the device's own disk refused; in both cases nothing happened
 * unless the NodeError says otherwise (`definite`).
 */
export class SyncNode {
  readonly #parts: NodeParts;
  readonly #stats = new NodeStats();
  readonly #accepting: Batched<AcceptedItem, boolean>;
  #identity: Identity;
  #sync: GroupSync | null = null;
  #isClosed = false;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#identity = parts.identity;
    this.#accepting = new Batched((items) => parts.store.accept(items, parts.config.outboxMax));
    if (parts.identity.group !== null) this.#sync = new GroupSync(parts, parts.identity.group, this.#stats);
  }

  get events(): EventHub {
    return this.#parts.events;
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** Makes a group and returns an invite to it. The relays need their ids. */
  async createGroup(options: PairOptions): Promise<string> {
    this.#checkUnpaired();
    this.#enter(await createGroup(this.#parts, options));
    return this.newInvite();
  }

  /** Joins the group of an invite link. */
  async joinGroup(options: PairOptions & { readonly invite: string }): Promise<void> {
    this.#checkUnpaired();
    this.#enter(await joinGroup(this.#parts, options));
  }

  /** Another invite to this device's group. */
  newInvite(): string {
    return inviteTo(this.#group(), this.#identity.id, this.#parts.ports.clock.wallMs());
  }

  /** Other addresses for the group's relays; an id that is left out stays what it was. */
  setRelays(relays: readonly string[]): void {
    const group = this.#group();
    const known = knownRelays(
      relays.map(parseRelayAddress),
      group.relays.map(({ id }) => id),
    );
    const changed = { ...group, relays: known };
    this.#save({ ...this.#identity, group: changed });
    this.#sync!.setGroup(changed);
  }

  /** From now on, also after a restart, the node keeps itself connected. Returns before it is. */
  async connect(): Promise<void> {
    const sync = this.#paired();
    await this.#parts.store.setWantsConnection(true);
    sync.connect();
  }

  /** Connects without remembering it for the next start. */
  connectOnce(): void {
    this.#paired().connect();
  }

  async disconnect(): Promise<void> {
    const sync = this.#paired();
    await this.#parts.store.setWantsConnection(false);
    sync.disconnect();
  }

  /** After a restart: connects when that was wanted before. */
  async resume(): Promise<void> {
    if (this.#sync !== null && (await this.#parts.store.wantsConnection())) this.#sync.connect();
  }

  /** Saves an item; it is durable, and will be sent, when this resolves. */
  async push(body: Uint8Array): Promise<BlobId> {
    const sync = this.#paired();
    if (body.length > limits.blobBodyBytesMax) {
      throw new NodeError(
        'BLOB_TOO_LARGE',
        `push: expected at most ${limits.blobBodyBytesMax} bytes, got ${body.length}; split it`,
        { definite: true },
      );
    }
    const blobId = this.#newBlobId();
    if (!(await this.#accepting.add({ blobId, kind: blobKinds.item, body }))) {
      throw outboxFull(this.#parts.config.outboxMax);
    }
    sync.outbox.queued();
    return blobId;
  }

  /** Saves an item and waits for the relay's word on it; null when that has not come after `deadlineMs`. */
  async pushUntilRelay(body: Uint8Array, deadlineMs: number): Promise<{ item: BlobId; result: PushResult | null }> {
    const item = await this.push(body);
    return { item, result: await this.#relayTold(item, deadlineMs) };
  }

  /** Deletes an item everywhere, in time; returns its tombstone. `force` lets the relay drop the ciphertext at once. */
  async delete(target: BlobId, options: { readonly force?: boolean } = {}): Promise<BlobId> {
    const sync = this.#paired();
    const { store, config } = this.#parts;
    const deletion = { target, tombstone: this.#newBlobId(), force: options.force ?? false };
    const tombstone = await store.acceptDeletion(deletion, config.outboxMax);
    sync.outbox.deletionQueued();
    return tombstone;
  }

  /** The same, and waits for the relay to have the tombstone; false when that has not come after `deadlineMs`. */
  async deleteUntilRelay(target: BlobId, options: { readonly force?: boolean }, deadlineMs: number): Promise<boolean> {
    const tombstone = await this.delete(target, options);
    if (!(await this.#parts.store.waiting()).includes(tombstone)) return true; // Deleted before.
    return (await this.#relayTold(tombstone, deadlineMs))?.kind === 'acked';
  }

  /** Reads up to the relay's head once. Throws NodeError NOT_CONNECTED, CONNECTION_LOST, RELAY_REFUSED. */
  async pull(): Promise<Pulled> {
    this.#session();
    return asked(this.#paired().pullNow());
  }

  /**
   * The cursors of what the relay holds after this one, as it gives them, so many items to a page. Nothing of it is kept.
   * Throws as `pull` does.
   */
  async read(after: number, items: number): Promise<number[]> {
    const cursors: number[] = [];
    for (let from = after; ; from = cursors.at(-1)!) {
      const { blobs, hasMore } = await asked(this.#session().pull(from, items));
      cursors.push(...blobs.map(({ cursor }) => cursor));
      if (!hasMore) return cursors;
    }
  }

  /** From now on no pull asks for more items at a time; the relay may give fewer. */
  setPageItems(items: number): void {
    this.#paired().setPageItems(items);
  }

  /** The round trip of one heartbeat in milliseconds. */
  async ping(): Promise<number> {
    return asked(this.#session().presence());
  }

  /** The devices of the group, as the relay knows them. */
  async devices(): Promise<ListedDevice[]> {
    const devices = await asked(this.#session().listDevices());
    const { sealer } = this.#paired();
    return devices.map(({ deviceId, sealedDeviceName, lastSeen, pendingBlobs, isOnline }) => ({
      device: deviceId,
      name: sealer.openName(deviceId, sealedDeviceName),
      lastSeenSeconds: lastSeen,
      pending: pendingBlobs,
      online: isOnline,
    }));
  }

  /** What this device holds, live and deleted, in the order of acceptance; digests are computed from the storage now. */
  async items(digests = true): Promise<HeldItem[]> {
    if (!digests) return (await this.#parts.store.outline()).map(outlined);
    return (await this.rows()).map(heldItemOf);
  }

  /** The same with bodies. */
  rows(): Promise<ItemRow[]> {
    return this.#parts.store.list();
  }

  async status(): Promise<AnswerValue<'status'>> {
    const { pending, contiguous, vector, outstanding } = await this.#parts.store.snapshot();
    const { state, attempt } = this.#sync?.state ?? { state: 'disconnected', attempt: 0 };
    return {
      state,
      attempt,
      pending,
      cursor: contiguous,
      vector: Buffer.from(encodeVector(vector)).toString('base64'),
      outstanding: outstanding.map(({ blobId, cursor, reason, asked: times }) => ({
        item: blobId,
        cursor,
        reason,
        asked: times,
      })),
      terminalError: this.#sync?.terminalError ?? null,
    };
  }

  /** What a person is shown. */
  async summary(): Promise<{
    state: string;
    pending: number;
    failed: number;
    cursor: number;
    outstanding: number;
    terminalError: string | null;
  }> {
    const { pending, failed, contiguous, outstanding } = await this.#parts.store.snapshot();
    const { state } = this.#sync?.state ?? { state: 'disconnected' };
    const terminalError = this.#sync?.terminalError ?? null;
    return { state, pending, failed, cursor: contiguous, outstanding: outstanding.length, terminalError };
  }

  async outbox(): Promise<AnswerValue<'outbox'>> {
    const waiting = await this.#parts.store.waiting();
    const { outbox } = this.#paired();
    return { entries: waiting.map((item) => ({ item, ...outbox.progressOf(item) })) };
  }

  stats(): AnswerValue<'stats'> {
    return this.#stats.report(this.#parts.ports.process.openDescriptors());
  }

  /** Lets pushes on their way arrive, for at most the configured time, then ends everything in order. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#flush();
    this.#sync?.disconnect();
    this.#end();
    this.#parts.database.close();
  }

  /** What a crash of the process does: everything stops where it is. The database is left to whoever owns its file. */
  kill(): void {
    this.#end();
  }

  #end(): void {
    this.#isClosed = true;
    this.#sync?.kill();
  }

  async #flush(): Promise<void> {
    const { clock } = this.#parts.ports;
    const untilMs = clock.monotonicMs() + this.#parts.config.flushMs;
    while (this.#sync?.session != null && clock.monotonicMs() < untilMs) {
      if ((await this.#parts.store.snapshot()).pending === 0) return;
      await pause(clock, flushPollMs);
    }
  }

  /** Null when the relay has said nothing about the blob after `deadlineMs`. */
  #relayTold(blobId: BlobId, deadlineMs: number): Promise<PushResult | null> {
    const { outbox } = this.#paired();
    return new Promise((resolve) => {
      const timer = this.#parts.ports.clock.setTimer(deadlineMs, () => {
        stopWaiting();
        resolve(null);
      });
      const stopWaiting = outbox.await(blobId, (result) => {
        timer.cancel();
        resolve(result);
      });
    });
  }

  #enter(group: GroupRecord): void {
    this.#save({ ...this.#identity, group });
    this.#sync = new GroupSync(this.#parts, group, this.#stats);
  }

  #save(identity: Identity): void {
    writeIdentity(this.#parts.ports.keyFile, identity);
    this.#identity = identity;
  }

  #newBlobId(): BlobId {
    return blobIdFromRandom(this.#parts.ports.random.bytes(blobIdBytes));
  }

  #group(): GroupRecord {
    this.#paired();
    return this.#identity.group!;
  }

  #paired(): GroupSync {
    if (this.#isClosed) throw new NodeError('CLOSED', 'this device was closed', { definite: true });
    if (this.#sync !== null) return this.#sync;
    throw new NodeError('NOT_PAIRED', 'this device belongs to no group yet; pair it first', { definite: true });
  }

  #checkUnpaired(): void {
    if (this.#sync === null && !this.#isClosed) return;
    throw new NodeError('ALREADY_PAIRED', 'pair: this device belongs to a group already; use a new device', {
      definite: true,
    });
  }

  #session(): Session {
    const { session } = this.#paired();
    if (session !== null) return session;
    throw new NodeError('NOT_CONNECTED', 'no connection to the relay now', { definite: true });
  }
}

function heldItemOf({ blobId, author, sequence, cursor, body, deleted }: ItemRow): HeldItem {
  const common = { item: blobId, author, sequence, deleted };
  // Every node shows a deleted item alike, whether it ever saw it or not.
  if (deleted || body === null) return { ...common, cursor: null, bytes: 0, digest: null };
  return { ...common, cursor, bytes: body.length, digest: toHex(sha256(body)) };
}

function outlined({ blobId, author, sequence, cursor, deleted, bytes }: ItemOutline): HeldItem {
  const isGone = deleted || bytes === null;
  const shown = isGone ? { cursor: null, bytes: 0 } : { cursor, bytes };
  return { item: blobId, author, sequence, deleted, digest: null, ...shown };
}

/** The relay's answer; what became of the request is unknown when the connection ended first. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SessionEnded) {
      throw new NodeError('CONNECTION_LOST', error.message, { definite: false, cause: error });
    }
    if (error instanceof RelayRefusal) {
      throw new NodeError('RELAY_REFUSED', `the relay refused: ${error.message} (${error.code})`, {
        definite: true,
        cause: error,
      });
    }
    throw error;
  }
}
