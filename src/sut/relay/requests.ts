import { type ErrorName, errorCodes, protocolVersion } from '../../contract/wire.ts';
import { decodeEnvelope, type Envelope, MessageError } from '../core/envelope.ts';
import { blake2s } from '../core/hash.ts';
import type { DeviceId, GroupId } from '../core/ids.ts';
import type { Message, MessageOf } from '../core/messages.ts';
import { StorageError } from '../io/storage-error.ts';
import { type CloseCause, logStorageFailure } from './log-events.ts';
import type { RelayParts } from './parts.ts';
import type { RelaySession } from './session.ts';

/** A heartbeat that reports nothing new is stored this often, as the device's last sign of life. */
const lastSeenEveryMs = 60_000;

/** A session that has said HELLO. */
interface Member {
  readonly session: RelaySession;
  readonly groupId: GroupId;
  readonly deviceId: DeviceId;
}

/** Executes the messages of nodes, one at a time per session. */
export class Requests {
  readonly #parts: RelayParts;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Executes one frame and answers it. Only our own bugs come out as errors. */
  async serve(session: RelaySession, frame: Uint8Array): Promise<void> {
    try {
      const envelope = this.#admitted(session, frame);
      if (envelope !== null) await this.#execute(session, envelope);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      logStorageFailure(this.#parts.log, error);
      this.#end(session, 'storage', 'RELAY_OVERLOADED', 'the relay cannot store anything at the moment');
    }
  }

  /** The envelope, when it is one that this session may send now; else null, and the refusal is answered. */
  #admitted(session: RelaySession, frame: Uint8Array): Envelope | null {
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(frame);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      if (!session.isWelcomed || error.part === 'envelope') {
        this.#end(session, 'invalid-message', 'INVALID_MESSAGE', error.message);
      } else if (this.#withinRate(session)) {
        this.#refuse(session, 'INVALID_MESSAGE', error.message);
      }
      return null;
    }
    const { type } = envelope.message;
    if (type === 'PUSH') session.pushesIn += 1;
    if (type === 'PRESENCE') this.#parts.counts.heartbeatsIn += 1;
    if (envelope.senderId !== session.peer?.deviceId) return this.#unauthorized(session, 'sender_id is not yours');
    if (session.isWelcomed && envelope.groupId !== session.groupId) {
      return this.#unauthorized(session, 'group_id is not that of HELLO');
    }
    if (!session.isWelcomed && type !== 'HELLO') return this.#unauthorized(session, 'the first message is HELLO');
    if (type !== 'HELLO' && type !== 'BYE' && !this.#withinRate(session)) return null;
    if (!session.nonces.add(envelope.nonce)) {
      this.#refuse(session, 'INVALID_MESSAGE', 'nonce: expected one not used before');
      return null;
    }
    if (envelope.cursor !== 0) {
      this.#refuse(session, 'INVALID_MESSAGE', 'cursor: expected 0 from a node');
      return null;
    }
    return envelope;
  }

  async #execute(session: RelaySession, envelope: Envelope): Promise<void> {
    const { message } = envelope;
    if (message.type === 'HELLO') return this.#hello(session, envelope, message);
    const member: Member = { session, groupId: envelope.groupId, deviceId: session.peer!.deviceId };
    switch (message.type) {
      case 'PUSH':
        return this.#push(member, envelope, message);
      case 'PULL':
        return this.#pull(member, message);
      case 'PRESENCE':
        return this.#presence(member, message);
      case 'DELETE':
        return this.#delete(member, message);
      case 'LIST_DEVICES':
        return this.#listDevices(member);
      case 'BYE':
        return session.close('bye');
      case 'ERROR':
        return; // The node says that it could not use something of ours; there is nothing to answer.
      case 'REVOKE_DEVICE':
      case 'REGISTER_PUSH':
      case 'UNREGISTER_PUSH':
      case 'CONTENT_REF':
      case 'CONTENT_ACK':
        return this.#refuse(session, 'INVALID_MESSAGE', 'not offered by this relay');
      case 'WELCOME':
      case 'PUSH_ACK':
      case 'PULL_RESPONSE':
      case 'NOTIFY':
      case 'PROGRESS':
      case 'DELETE_NOTIFICATION':
      case 'DEVICE_REVOKED':
      case 'DEVICE_LIST':
        return this.#refuse(session, 'INVALID_MESSAGE', 'only a relay sends this');
      default:
        return message satisfies never;
    }
  }

  async #hello(session: RelaySession, envelope: Envelope, hello: MessageOf<'HELLO'>): Promise<void> {
    if (session.isWelcomed) return this.#refuse(session, 'INVALID_MESSAGE', 'HELLO was said before');
    if (hello.version !== protocolVersion) {
      return this.#end(session, 'invalid-message', 'INVALID_MESSAGE', `version: expected ${protocolVersion}`);
    }
    const { groupId } = hello;
    if (envelope.groupId !== groupId) return void this.#unauthorized(session, 'two different groups in HELLO');
    const { store, sessions, identity } = this.#parts;
    const { deviceId, remote } = session.peer!;
    session.groupId = groupId;
    sessions.expect(session);
    const arrived = await store.enter({
      groupId,
      deviceId,
      sealedName: hello.sealedDeviceName,
      kemFingerprint: remote.kem === null ? null : blake2s(remote.kem),
      lastCursor: hello.lastCursor,
    });
    if (session.isClosed) return;
    if (arrived.kind === 'revoked') {
      return this.#end(session, 'revoked', 'DEVICE_REVOKED', 'this device was revoked');
    }
    if (arrived.kind === 'other-key') {
      return void this.#unauthorized(session, 'another ML-KEM key than that of this device');
    }
    const replaced = sessions.add(session, groupId, deviceId);
    if (replaced !== null) {
      // A code after which a node tries again: on a lossy link the HELLO of a connection that the node has long given up
      // can arrive last, and the session it ends is then the living one.
      this.#end(replaced, 'replaced', 'RELAY_OVERLOADED', 'replaced by another session of this device');
    }
    const { maxCursor, pendingCount, pending } = arrived;
    session.welcome([
      { type: 'WELCOME', version: protocolVersion, relayId: identity.relayId, maxCursor, pendingCount },
      ...pending.map((notice) => ({ type: 'NOTIFY', ...notice }) as const),
    ]);
  }

  async #push(member: Member, envelope: Envelope, push: MessageOf<'PUSH'>): Promise<void> {
    const { store, config, metrics, log, ports } = this.#parts;
    const { session, groupId, deviceId } = member;
    const { blobId, payload } = push;
    if (payload.length > config.blobBytesMax) {
      return this.#refuse(session, 'BLOB_TOO_LARGE', `expected at most ${config.blobBytesMax} bytes`);
    }
    const startedMs = ports.clock.monotonicMs();
    const { timestamp } = envelope;
    const pushed = await store.push({
      groupId,
      blobId,
      senderId: deviceId,
      payload,
      timestamp,
      ttlSeconds: push.ttl,
    });
    if (pushed.kind === 'conflict') {
      return this.#refuse(session, 'INVALID_MESSAGE', 'blob_id is taken by another blob');
    }
    if (pushed.kind === 'quota-exceeded') {
      return this.#refuse(session, 'GROUP_QUOTA_EXCEEDED', 'the group has used its storage');
    }
    session.send({ type: 'PUSH_ACK', blobId, cursor: pushed.cursor, timestamp: pushed.storedAt });
    if (pushed.kind === 'repeated') return log.write('push-repeated', { session: session.token });
    metrics.pushStored();
    const tookMs = ports.clock.monotonicMs() - startedMs;
    log.write('push-stored', { session: session.token, payload: payload.length, tookMs });
    this.#tellOthers(member, {
      type: 'NOTIFY',
      blobId,
      cursor: pushed.cursor,
      senderId: deviceId,
      timestamp,
      size: payload.length,
    });
  }

  async #pull({ session, groupId, deviceId }: Member, pull: MessageOf<'PULL'>): Promise<void> {
    const { store, responses, metrics, log, ports } = this.#parts;
    const startedMs = ports.clock.monotonicMs();
    const page = await store.pull(groupId, pull.afterCursor, pull.limit);
    session.send(responses.pullResponse(deviceId, page, pull.afterCursor));
    metrics.pullAnswered(page.blobs.length);
    log.write('pulled', {
      session: session.token,
      blobs: page.blobs.length,
      payload: page.blobs.reduce((sum, blob) => sum + blob.payload.length, 0),
      tookMs: ports.clock.monotonicMs() - startedMs,
    });
  }

  async #presence({ session, groupId, deviceId }: Member, presence: MessageOf<'PRESENCE'>): Promise<void> {
    const { store, ports } = this.#parts;
    const nowMs = ports.clock.monotonicMs();
    const { cursor, atMs } = session.acknowledged;
    if (presence.ackedCursor !== cursor || nowMs - atMs >= lastSeenEveryMs) {
      await store.acknowledge(groupId, deviceId, presence.ackedCursor);
      session.acknowledged = { cursor: presence.ackedCursor, atMs: nowMs };
    }
    session.send(presence);
  }

  async #delete(member: Member, { blobId, force }: MessageOf<'DELETE'>): Promise<void> {
    const { session, groupId, deviceId } = member;
    const result = await this.#parts.store.remove(groupId, deviceId, blobId, force);
    if (result === 'not-owner') return this.#refuse(session, 'NOT_BLOB_OWNER', 'only its sender may force this');
    if (result !== 'removed') return;
    this.#parts.log.write('blob-removed', { session: session.token, how: force ? 'forced' : 'acknowledged' });
    this.#tellOthers(member, { type: 'DELETE_NOTIFICATION', blobId, deletedBy: deviceId });
  }

  async #listDevices({ session, groupId }: Member): Promise<void> {
    const { store, sessions } = this.#parts;
    const devices = await store.devices(groupId);
    session.send({
      type: 'DEVICE_LIST',
      devices: devices.map((device) => ({ ...device, isOnline: sessions.isPresent(groupId, device.deviceId) })),
    });
  }

  #tellOthers({ groupId, deviceId }: Member, message: Message): void {
    for (const session of this.#parts.sessions.others(groupId, deviceId)) session.announce(message);
  }

  /** Counts the message; over the limit it answers 2000. */
  #withinRate(session: RelaySession): boolean {
    const { rates, metrics, ports } = this.#parts;
    if (rates.allows(session.peer!.deviceId, ports.clock.monotonicMs())) return true;
    metrics.rateLimited();
    this.#refuse(session, 'RATE_LIMITED', 'too many messages; try again later');
    return false;
  }

  #refuse(session: RelaySession, error: ErrorName, text: string): void {
    this.#count(session, error);
    session.send({ type: 'ERROR', code: errorCodes[error], message: text });
  }

  #unauthorized(session: RelaySession, text: string): null {
    this.#end(session, 'unauthorized', 'UNAUTHORIZED', text);
    return null;
  }

  #end(session: RelaySession, cause: CloseCause, error: ErrorName, text: string): void {
    if (session.isClosed) return;
    this.#count(session, error);
    session.close(cause, { code: errorCodes[error], message: text });
  }

  #count(session: RelaySession, error: ErrorName): void {
    this.#parts.metrics.errorAnswered();
    this.#parts.counts.reject(error);
    this.#parts.log.write('request-refused', { session: session.token, error });
  }
}
