import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { relayStats } from '../../contract/relay-stats.ts';
import { systemClock } from '../../support/system-clock.ts';
import { until } from '../../support/until.ts';
import { decodeEnvelope, encodeEnvelope } from '../core/envelope.ts';
import { blobIdFromRandom, deviceIdFromBytes, groupIdFromBytes, relayIdOf } from '../core/ids.ts';
import { ephemeralsBytes, ephemeralsOf, staticKeysBytes, staticKeysOf } from '../core/key-material.ts';
import type { Message, MessageOf } from '../core/messages.ts';
import { SecureChannel } from '../core/secure-channel.ts';
import { nodeKem } from '../io/node-kem.ts';
import { systemRandom } from '../io/system-random.ts';
import { tcpDialer } from '../io/tcp-transport.ts';

const entry = join(import.meta.dirname, 'relay.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Program {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<number | null>;
  readonly signal: (name: NodeJS.Signals) => void;
}

function run(...args: string[]): Program {
  return runNode(entry, ...args);
}

function runNode(...args: string[]): Program {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { stdout: () => stdout, stderr: () => stderr, exited, signal: (name) => child.kill(name) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function startProgram() {
  const [port, pagesPort] = [await freePort(), await freePort()];
  const config = join(folder, 'relay.toml');
  writeFileSync(
    config,
    `[server]\nbind = "127.0.0.1:${port}"\nhttp_bind = "127.0.0.1:${pagesPort}"\n[http]\nadmin = true\n`,
  );
  const program = run('--config', config, '--data-dir', folder);
  await until(systemClock, {
    what: 'the relay to print its id',
    probe: () => program.stdout(),
    holds: (text) => text.includes('relay id '),
    everyMs: 20,
    timeoutMs: 20_000,
  });
  const page = async (path: string) => (await fetch(`http://127.0.0.1:${pagesPort}${path}`)).text();
  return { program, port, page };
}

/** One device over a real connection. */
class Device {
  readonly keys = staticKeysOf(systemRandom.bytes(staticKeysBytes));
  readonly deviceId = deviceIdFromBytes(this.keys.dh.publicKey);
  readonly groupId = groupIdFromBytes(systemRandom.bytes(32));
  readonly received: Message[] = [];
  relayId = '';
  end: string | null = null;
  #send: (bytes: Uint8Array) => void = () => undefined;
  readonly #channel = new SecureChannel({
    role: 'initiator',
    mode: 'hybrid',
    keys: this.keys,
    ephemerals: ephemeralsOf(systemRandom.bytes(ephemeralsBytes)),
    kem: nodeKem,
  });

  async connect(port: number): Promise<void> {
    const connection = tcpDialer.dial(`127.0.0.1:${port}`, {
      opened: () => connection.send(this.#channel.start()),
      received: (chunk) => {
        for (const event of this.#channel.receive(chunk)) {
          if (event.kind === 'send') connection.send(event.bytes);
          else if (event.kind === 'envelope') this.received.push(decodeEnvelope(event.bytes).message);
          else this.relayId = relayIdOf(event.remoteStatic.dh, event.remoteStatic.kem!);
        }
      },
      closed: (reason) => {
        this.end = reason;
      },
    });
    this.#send = (bytes) => connection.send(bytes);
    await this.#until('the handshake', () => this.#channel.isEstablished);
  }

  async ask<N extends Message['type']>(message: Message, answer: N): Promise<MessageOf<N>> {
    this.#send(
      this.#channel.seal(
        encodeEnvelope({
          message,
          senderId: this.deviceId,
          groupId: this.groupId,
          cursor: 0,
          timestamp: 1,
          nonce: systemRandom.bytes(24),
        }),
      ),
    );
    return this.take(answer);
  }

  async take<N extends Message['type']>(type: N): Promise<MessageOf<N>> {
    await this.#until(type, () => this.received.some((message) => message.type === type));
    const index = this.received.findIndex((message) => message.type === type);
    return this.received.splice(index, 1)[0] as MessageOf<N>;
  }

  async #until(what: string, probe: () => boolean): Promise<void> {
    await until(systemClock, { what, probe, holds: (is) => is, everyMs: 5, timeoutMs: 20_000 });
  }
}

test('over TCP, with files: push, pull, statistics, SIGTERM in under 2 s, and all of it again after a restart', async () => {
  const { program, port, page } = await startProgram();
  const device = new Device();
  await device.connect(port);
  const hello = {
    type: 'HELLO',
    version: 1,
    sealedDeviceName: new Uint8Array(60),
    groupId: device.groupId,
    lastCursor: 0,
  } as const;
  await device.ask(hello, 'WELCOME');
  expect(program.stdout()).toBe(`relay id ${device.relayId}\n`);
  expect(JSON.parse(await page('/.well-known/iroh'))).toMatchObject({ relay_id: device.relayId });
  const payload = systemRandom.bytes(1_048_576);
  const blobId = blobIdFromRandom(systemRandom.bytes(16));
  expect(await device.ask({ type: 'PUSH', blobId, payload, ttl: 0 }, 'PUSH_ACK')).toMatchObject({ cursor: 1 });
  const stats = relayStats.parse(JSON.parse(await page('/admin/stats')));
  expect(stats).toMatchObject({ pendingHandshakes: 0, groups: [{ headCursor: 1, bytes: 1_048_576 }] });
  expect(stats.openDescriptors).toBeGreaterThan(10);

  const stopped = performance.now();
  program.signal('SIGTERM');
  expect((await device.take('ERROR')).code).toBe(3001);
  expect(await program.exited).toBe(0);
  expect(performance.now() - stopped).toBeLessThan(2000);
  expect(device.end).toBe('ended');
  expect(statSync(join(folder, 'relay.key')).mode & 0o777).toBe(0o600);

  const again = await startProgram();
  expect(again.program.stdout()).toBe(`relay id ${device.relayId}\n`);
  const other = new Device();
  await other.connect(again.port);
  await other.ask({ ...hello, groupId: other.groupId }, 'WELCOME');
  expect(JSON.parse(await again.page('/health'))).toMatchObject({ blobs_buffered: 1, groups: 2 });
  again.program.signal('SIGKILL');
  await again.program.exited;
  for (const line of program
    .stderr()
    .split('\n')
    .filter((line) => line !== ''))
    expect(JSON.parse(line)).toBeTruthy();
}, 60_000);

test('garbage over TCP is let go at its first impossible byte', async () => {
  const { program, port, page } = await startProgram();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await once(socket, 'close');
  expect(JSON.parse(await page('/admin/stats'))).toMatchObject({ pendingHandshakes: 0, rejects: { handshake: 1 } });
  program.signal('SIGTERM');
  expect(await program.exited).toBe(0);
}, 60_000);

test('--help explains, and wrong use or configuration ends with 3 and all problems', async () => {
  const help = run('--help');
  expect(await help.exited).toBe(0);
  expect(help.stdout()).toContain('usage: relay --config FILE');
  const unknown = run('--conf', 'x');
  expect(await unknown.exited).toBe(3);
  expect(unknown.stderr()).toContain('--conf');
  const config = join(folder, 'bad.toml');
  writeFileSync(config, '[server]\nbind = 7\nports = 3\n[limits]\nidle_cut = -1\n');
  const bad = run('--config', config, '--data-dir', folder);
  expect(await bad.exited).toBe(3);
  expect(
    bad
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith(`relay: ${config}: `)),
  ).toHaveLength(3);
}, 60_000);

test('a key file of the wrong size, a broken database and an address in use end with 2 and say what', async () => {
  const config = join(folder, 'relay.toml');
  const configure = (bind: string, keyFile: string) =>
    writeFileSync(config, `[server]\nbind = "${bind}"\nhttp_bind = "127.0.0.1:0"\nkey_file = "${keyFile}"\n`);
  configure('127.0.0.1:0', 'short.key');
  writeFileSync(join(folder, 'short.key'), 'too short');
  const shortKey = run('--config', config, '--data-dir', folder);
  expect(await shortKey.exited).toBe(2);
  expect(shortKey.stderr()).toContain('key file: expected 96 bytes, got 9');
  expect(readFileSync(join(folder, 'short.key'), 'utf8')).toBe('too short');

  for (const file of readdirSync(folder).filter((name) => name.startsWith('relay.db'))) rmSync(join(folder, file));
  writeFileSync(join(folder, 'relay.db'), 'no database, whatever its name says; '.repeat(50));
  const noDatabase = run('--config', config, '--data-dir', folder);
  expect(await noDatabase.exited).toBe(2);
  expect(noDatabase.stderr()).toContain('relay.db: corrupt');
  rmSync(join(folder, 'relay.db'));

  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  configure(`127.0.0.1:${(server.address() as { port: number }).port}`, 'relay.key');
  const noAddress = run('--config', config, '--data-dir', folder);
  expect(await noAddress.exited).toBe(2);
  expect(noAddress.stderr()).toContain('EADDRINUSE');
  server.close();
}, 60_000);

test.each(['throw', 'reject'])(
  'a crash by %s ends with 1 and says where, not what',
  async (how) => {
    const file = (name: string) => JSON.stringify(join(import.meta.dirname, name));
    const script = join(folder, 'crash.mjs');
    const crash = how === 'throw' ? 'queueMicrotask(() => { throw bug; })' : 'void Promise.reject(bug)';
    writeFileSync(
      script,
      `import { runRelay } from ${file('main.ts')};
     import { composeRelay } from ${file('relay.ts')};
     await runRelay(async () => {
       let bug;
       try { composeRelay(null, null); } catch (error) { bug = error; }
       bug.message = 'Ada and her phone';
       ${crash};
       return new Promise((resolve) => setTimeout(resolve, 60_000));
     });`,
    );
    const program = runNode(script);
    expect(await program.exited).toBe(1);
    const lines = program.stderr().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toEqual({
      atMs: expect.any(Number),
      level: 'info',
      event: 'crash',
      error: 'TypeError',
      at: ['parts', 'relay', 'main'].map((name) =>
        expect.stringMatching(new RegExp(`^src/sut/relay/${name}.ts:[0-9]+$`)),
      ),
    });
  },
  60_000,
);
