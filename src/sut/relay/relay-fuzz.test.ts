import { expect, test } from '@jest/globals';
import { messageTypes, rekeyEveryRecords } from '../../contract/wire.ts';
import { Prng } from '../../support/prng.ts';
import { CipherState } from '../core/cipher-state.ts';
import { encodeEnvelope } from '../core/envelope.ts';
import { recordOf } from '../core/records.ts';
import { closeCauses } from './log-events.ts';
import { RelayWorld, settled, type TestNode } from './relay-world.test-support.ts';

const open = {
  log: { level: 'info' },
  limits: { messages_per_minute: 0, global_per_second: 0, connections_per_ip: 100_000 },
};
/** Generous: the machine may be busy. */
const timeoutMs = 60_000;
const opening = new TextEncoder().encode('/0k-sync/1\u0002');

/** Garbage as it comes to an open port: noise, other protocols, and our own opening gone wrong. */
function garbageOf(prng: Prng): Uint8Array {
  const noise = prng.bytes(prng.below(3000));
  switch (prng.below(5)) {
    case 0:
      return noise;
    case 1:
      return new TextEncoder().encode('GET / HTTP/1.1\r\nHost: relay\r\n\r\n');
    case 2:
      return Uint8Array.from([...opening.subarray(0, prng.below(12)), ...noise]);
    case 3:
      return Uint8Array.from([...opening, ...recordOf(noise)]);
    default:
      return Uint8Array.from([...opening, 0x04, 0xc0, ...prng.bytes(1216)]);
  }
}

/** Where the body starts in an envelope whose cursor is 0: array, version, type, two ids, cursor, time, nonce, length. */
const bodyOffset = 1 + 1 + 1 + 34 + 34 + 1 + 5 + 26 + 2;

/** A frame as only a member can send it: a good one with bytes changed, cut or added, or noise. */
function frameOf(prng: Prng, node: TestNode): Uint8Array {
  const good = encodeEnvelope(
    node.envelopeOf(
      prng.pick([
        node.pushOf(prng.bytes(prng.below(200))),
        { type: 'PULL', afterCursor: prng.below(10), limit: prng.below(10) },
        { type: 'PRESENCE', status: 'online', ackedCursor: prng.below(10) },
        { type: 'LIST_DEVICES' },
      ] as const),
    ),
  );
  switch (prng.below(20)) {
    case 0:
      return prng.bytes(1 + prng.below(300));
    case 1:
      return good.subarray(0, 1 + prng.below(good.length));
    case 2:
      return Uint8Array.from([...good, ...prng.bytes(1 + prng.below(20))]);
    case 3:
    case 4:
      // Somewhere; the rest of the cases hit the body.
      good[prng.below(good.length)] = prng.below(256);
      return good;
    default:
      good[bodyOffset + prng.below(good.length - bodyOffset)] = prng.below(256);
      return good;
  }
}

async function expectUnharmed(world: RelayWorld): Promise<void> {
  await world.clock.advance(21_000);
  expect(await world.relay.stats()).toMatchObject({ sessions: [], pendingHandshakes: 0 });
  expect((await world.relay.pages.health()).connections).toBe(0);
  expect(world.errors).toEqual([]);
  const a = world.newNode(world.newGroup());
  await a.join();
  expect(await a.ask(a.pushOf(new Uint8Array(10)), 'PUSH_ACK')).toMatchObject({ cursor: 1 });
}

test(
  '3000 streams of garbage before the handshake leave nothing behind',
  async () => {
    const world = await RelayWorld.start(open);
    const prng = new Prng('garbage at the door');
    for (let index = 0; index < 3000; index += 1) {
      const connection = world.connect();
      const garbage = garbageOf(prng);
      const cut = prng.below(garbage.length + 1);
      for (const chunk of [garbage.subarray(0, cut), garbage.subarray(cut)]) {
        if (chunk.length > 0) connection.send(chunk);
      }
      if (prng.chance(0.2)) connection.close('broken');
    }
    await expectUnharmed(world);
    const causes = world.events('connection-turned-away').map(({ cause }) => cause);
    expect(causes.every((cause) => (closeCauses as readonly unknown[]).includes(cause))).toBe(true);
    expect(world.lines.length).toBeLessThan(100);
  },
  timeoutMs,
);

test(
  '3000 bad frames of a member are each answered or end the session, and nothing stays',
  async () => {
    const world = await RelayWorld.start(open);
    const prng = new Prng('garbage inside');
    const node = world.newNode(world.newGroup());
    let sessions = 0;
    for (let index = 0; index < 3000; index += 1) {
      if (node.connection?.end !== 'open') {
        await node.join();
        sessions += 1;
      }
      node.received.length = 0;
      node.sendFrame(frameOf(prng, node));
      await settled();
      const answered = node.received.length > 0 || node.connection!.end === 'closed';
      expect(answered).toBe(true);
      if (index % 50 === 0) expect((await world.relay.stats()).sessions.length).toBeLessThanOrEqual(1);
    }
    expect(sessions).toBeGreaterThan(100);
    node.connection!.close();
    await expectUnharmed(world);
  },
  timeoutMs,
);

test(
  'records damaged, repeated or swapped after the handshake end the session at once',
  async () => {
    const world = await RelayWorld.start(open);
    const prng = new Prng('records');
    for (let index = 0; index < 300; index += 1) {
      const node = world.newNode(world.newGroup());
      await node.join();
      const [first, second] = [0, 1].map(() =>
        node.channel!.seal(encodeEnvelope(node.envelopeOf({ type: 'LIST_DEVICES' }))),
      );
      const damaged = Uint8Array.from(first!);
      damaged[2 + prng.below(damaged.length - 2)]! ^= 1 << prng.below(8);
      const wrong = prng.pick([[damaged], [second!, first!], [first!, first!], [recordOf(prng.bytes(prng.below(60)))]]);
      for (const record of wrong) node.connection!.send(record);
      await settled();
      expect(node.connection!.end).toBe('closed');
    }
    await expectUnharmed(world);
    expect(new Set(world.events('session-closed').map(({ cause }) => cause))).toEqual(new Set(['bad-record']));
  },
  timeoutMs,
);

test(
  'all 256 message types are answered, and only the known ones do anything',
  async () => {
    const world = await RelayWorld.start(open);
    const node = world.newNode(world.newGroup());
    await node.join();
    const template = encodeEnvelope(node.envelopeOf({ type: 'LIST_DEVICES' }));
    const at = template.indexOf(messageTypes.LIST_DEVICES);
    for (let type = 0; type < 256; type += 1) {
      if (node.connection!.end !== 'open') await node.join();
      node.received.length = 0;
      const body = encodeEnvelope(node.envelopeOf({ type: 'LIST_DEVICES' }));
      // Types of 128 and more take two bytes.
      const frame =
        type < 128
          ? Uint8Array.from([...body.subarray(0, at), type, ...body.subarray(at + 1)])
          : Uint8Array.from([...body.subarray(0, at), 0xcc, type, ...body.subarray(at + 1)]);
      node.sendFrame(frame);
      await settled();
      if (type === messageTypes.LIST_DEVICES) expect(node.typesReceived()).toEqual(['DEVICE_LIST']);
      else expect(node.typesReceived()).toEqual(['ERROR']);
    }
    expect((await world.relay.stats()).groups[0]).toMatchObject({ headCursor: 0, blobs: 0 });
  },
  timeoutMs,
);

test(
  'a frame may span records and chunks of any size',
  async () => {
    const world = await RelayWorld.start(open);
    const prng = new Prng('chunks');
    const node = world.newNode(world.newGroup());
    await node.join();
    const { sendKey, sendCounter } = node.channel!.exportKeys();
    const cipher = new CipherState(sendKey, sendCounter);
    const envelope = encodeEnvelope(node.envelopeOf(node.pushOf(prng.bytes(3000))));
    const plaintext = new Uint8Array(4 + envelope.length);
    new DataView(plaintext.buffer).setUint32(0, envelope.length);
    plaintext.set(envelope, 4);
    const stream: number[] = [];
    for (let offset = 0; offset < plaintext.length; ) {
      const bytes = 1 + prng.below(100);
      stream.push(...recordOf(cipher.seal(new Uint8Array(0), plaintext.subarray(offset, offset + bytes))));
      offset += bytes;
    }
    expect(cipher.counter).toBeLessThan(BigInt(rekeyEveryRecords));
    for (let offset = 0; offset < stream.length; ) {
      const bytes = 1 + prng.below(7);
      node.connection!.send(Uint8Array.from(stream.slice(offset, offset + bytes)));
      offset += bytes;
    }
    await settled();
    expect(node.take('PUSH_ACK').cursor).toBe(1);
  },
  timeoutMs,
);
