import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { ScenarioError } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { until } from '../../support/until.ts';
import { parseHostPort, TcpListener, tcpDialer } from './tcp-transport.ts';
import type { CloseReason, Connection } from './transport.ts';

/** One side of a connection: everything it was told. */
class Side {
  readonly chunks: Buffer[] = [];
  readonly told: string[] = [];
  connection!: Connection;

  readonly events = {
    opened: () => void this.told.push('opened'),
    received: (chunk: Uint8Array) => void this.chunks.push(Buffer.from(chunk)),
    closed: (reason: CloseReason) => void this.told.push(reason),
  };

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  async heard(what: string): Promise<void> {
    await until(systemClock, {
      what,
      probe: () => [...this.told, this.text],
      holds: (told) => told.includes(what),
      everyMs: 2,
      timeoutMs: 10_000,
    });
  }
}

async function pair() {
  const listener = new TcpListener({ address: '127.0.0.1:0', acceptFailed: () => undefined });
  const [near, far] = [new Side(), new Side()];
  await listener.listen((connection) => {
    far.connection = connection;
    return far.events;
  });
  near.connection = tcpDialer.dial(`127.0.0.1:${listener.port}`, near.events);
  await near.heard('opened');
  return { listener, near, far };
}

test('bytes go both ways, closing lets what was sent arrive, and each side is told once that it ended', async () => {
  const { listener, near, far } = await pair();
  near.connection.send(Buffer.from('ping'));
  await far.heard('ping');
  expect(far.connection.peerAddress).toBe('127.0.0.1');
  far.connection.send(new Uint8Array(3_000_000).fill(0x41));
  far.connection.close();
  await near.heard('ended');
  await far.heard('ended');
  expect(near.text).toHaveLength(3_000_000);
  expect([near.told, far.told]).toEqual([['opened', 'ended'], ['ended']]);
  listener.close();
});

test('giving up is told as broken on this side and the end on the other', async () => {
  const { listener, near, far } = await pair();
  near.connection.destroy();
  await near.heard('broken');
  await until(systemClock, {
    what: 'the other side to hear of it',
    probe: () => far.told.length,
    holds: (count) => count === 1,
    everyMs: 2,
    timeoutMs: 10_000,
  });
  near.connection.send(Buffer.from('late'));
  near.connection.close();
  listener.close();
});

test('a dial that nobody answers is refused, and one given up is told too', async () => {
  const { listener, near } = await pair();
  const { port } = listener;
  near.connection.destroy();
  listener.close();
  const refused = new Side();
  tcpDialer.dial(`127.0.0.1:${port}`, refused.events);
  await refused.heard('refused');
  expect(refused.told).toEqual(['refused']);
  const unknown = new Side();
  tcpDialer.dial('no-such-host.invalid:1', unknown.events);
  await unknown.heard('refused');
});

test('unsent bytes are counted while the peer does not read', async () => {
  const listener = new TcpListener({ address: '127.0.0.1:0', acceptFailed: () => undefined });
  const far = new Side();
  await listener.listen((connection) => {
    far.connection = connection;
    return far.events;
  });
  const mute = connect(listener.port, '127.0.0.1').pause();
  await until(systemClock, {
    what: 'the connection',
    probe: () => far.connection !== undefined,
    holds: (is) => is,
    everyMs: 2,
    timeoutMs: 10_000,
  });
  for (let index = 0; index < 20; index += 1) far.connection.send(new Uint8Array(1_000_000));
  expect(far.connection.unsentBytes).toBeGreaterThan(1_000_000);
  far.connection.destroy();
  await far.heard('broken');
  mute.destroy();
  listener.close();
});

test('an address in use is an error that says so', async () => {
  const { listener, near } = await pair();
  const second = new TcpListener({ address: `127.0.0.1:${listener.port}`, acceptFailed: () => undefined });
  await expect(second.listen(() => new Side().events)).rejects.toThrow(/listening on .*EADDRINUSE/);
  near.connection.destroy();
  listener.close();
});

test('addresses are read strictly', () => {
  expect(parseHostPort('relay:7000')).toEqual({ host: 'relay', port: 7000 });
  expect(parseHostPort('[::1]:0')).toEqual({ host: '::1', port: 0 });
  for (const wrong of ['relay', 'relay:', ':7000', '::1:7000', 'relay:70000', 'relay:7a']) {
    expect(() => parseHostPort(wrong)).toThrow(ScenarioError);
  }
});
