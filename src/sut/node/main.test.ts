import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type RunningRelay, startRelay } from '../relay/main.ts';

const entry = join(import.meta.dirname, 'node.mjs');
let folder: string;
let relay: RunningRelay;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'node-main-'));
  // The relay runs in this process and would log into the report.
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  relay = await newRelay('127.0.0.1:0');
});

afterAll(async () => {
  await relay.stop();
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('a person makes a device, pairs a second one, and both see each other’s items', async () => {
  const ada = await device('ada');
  const link = (await ada('pair', '--create', '--relay', relayAddress(), '--passphrase', 'correct horse')).out.trim();
  const bob = await device('bob');
  const wrong = await bob('pair', '--join', link, '--relay', hostPort(), '--passphrase', 'wrong horse');
  expect(wrong).toMatchObject({ code: 1, out: '' });
  expect((await bob('pair', '--join', link, '--relay', hostPort(), '--passphrase', 'correct horse')).code).toBe(0);

  const pushed = await ada('push', 'hello Bob');
  const [item, said] = pushed.out.trim().split('\n');
  expect(said).toBe('Synced.');
  expect((await bob('pull')).out).toBe(`${item}  9 bytes  hello Bob\n1 items, cursor 1\n`);
  expect((await bob('pull')).out).toBe('0 items, cursor 1\n');
  expect((await bob('pull', '--after-cursor', '0')).out).toContain('hello Bob');
  expect((await bob('devices')).out).toMatch(/ada/);
  expect((await bob('status')).out).toMatch(/^synced ☁️✓\n/);

  expect((await ada('delete', item!)).out).toBe('Synced.\n');
  await bob('pull');
  expect((await bob('pull', '--after-cursor', '0')).out).not.toContain('hello Bob');
}, 60_000);

test('without a relay a push is saved, says so, and goes out later', async () => {
  const ada = await device('cut-off');
  await ada('pair', '--create', '--relay', relayAddress());
  const address = hostPort();
  await relay.stop();
  const pushed = await ada('push', 'later');
  expect(pushed.code).toBe(0);
  expect(pushed.out).toContain('Changes saved locally. Will sync when connection restored.');
  expect((await ada('status')).out).toMatch(/^offline 📴\n[\s\S]*waiting {6}1\n/);
  expect(await ada('pull')).toMatchObject({ code: 1, err: expect.stringContaining('no connection to the relay') });
  relay = await newRelay(address);
  await ada('push', 'now');
  expect((await ada('status')).out).toMatch(/^synced/);
}, 60_000);

test.each([
  { says: 'an unknown command', args: ['sing'], code: 3, err: "unknown command 'sing'" },
  { says: 'push without anything', args: ['push'], code: 3, err: 'expected either TEXT or --file FILE' },
  { says: 'a file that is not there', args: ['push', '--file', '/nowhere'], code: 3, err: '--file /nowhere' },
  { says: 'pair without a choice', args: ['pair'], code: 3, err: '--create or --join' },
  { says: 'a relay without its id', args: ['pair', '--create', '--relay', 'relay:7000'], code: 1, err: 'RELAY-ID' },
  { says: 'a relay that is none', args: ['pair', '--create', '--relay', 'relay'], code: 1, err: 'host:port' },
  { says: 'an invite that is none', args: ['pair', '--join', '!', '--relay', 'r:1'], code: 1, err: 'invite' },
  { says: 'an id that is none', args: ['delete', 'x'], code: 1, err: 'UUID' },
  { says: 'a cursor that is none', args: ['pull', '--after-cursor', '-1'], code: 3, err: 'whole number' },
  { says: 'an item before pairing', args: ['push', 'x'], code: 1, err: 'pair it first' },
  { says: 'a second device in one folder', args: ['init', '--name', 'x'], code: 1, err: 'a device here already' },
])('$says ends with $code and one clear line', async ({ args, code, err }) => {
  const result = await run(['--data-dir', await loner(), ...args]);
  expect(result).toMatchObject({ code, out: '', err: expect.stringContaining(err) });
});

test('a configuration file with unknown keys is refused with all of them', async () => {
  const file = join(folder, 'client.toml');
  writeFileSync(file, '[sync]\nheartbeat = 1\noutbox_window = 0\n');
  const { code, err } = await run(['--data-dir', folder, '--config', file, 'status']);
  expect(code).toBe(3);
  expect(err).toContain('heartbeat');
  expect(err).toContain('sync.outbox_window');
});

test('keys and items are for their owner only', async () => {
  const dataDir = await loner();
  const files = readdirSync(dataDir);
  expect(files).toContain('device.key');
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  for (const file of files) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
});

test('control: answers on standard output, a broken line does no harm, the end of input ends it', async () => {
  const lines = [
    '{"id":1,"op":"hello"}',
    'nonsense',
    '{"id":3,"op":"init","parameters":{"name":"Ada the Secret"}}',
    '',
  ];
  const { code, out, err } = await run(['--data-dir', join(folder, 'c'), 'control'], lines.join('\n'));
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; outcome: string });
  expect(answers.map(({ id, outcome }) => `${id} ${outcome}`).sort()).toEqual(['0 failed', '1 ok', '3 ok']);
  expect(code).toBe(0);
  expect(err).toContain('"event":"started"');
  expect(err).not.toContain('Secret');
});

/** The folder of a device without a group, the same for all tests. */
async function loner(): Promise<string> {
  const dataDir = join(folder, 'loner');
  if (!existsSync(dataDir)) await device('loner');
  return dataDir;
}

async function device(name: string): Promise<(...args: readonly string[]) => ReturnType<typeof run>> {
  const dataDir = join(folder, name);
  expect(await run(['--data-dir', dataDir, 'init', '--name', name])).toMatchObject({ code: 0, err: '' });
  return (...args) => run(['--data-dir', dataDir, ...args]);
}

function run(args: readonly string[], input = ''): Promise<{ code: number | null; out: string; err: string }> {
  const { SYNC_LOG_LEVEL: _, ...env } = process.env;
  const child = spawn(process.execPath, [entry, ...args], { env });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.out += chunk));
  child.stderr.on('data', (chunk: Buffer) => (texts.err += chunk));
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...texts })));
}

function newRelay(bind: string): Promise<RunningRelay> {
  const configPath = join(folder, 'relay.toml');
  writeFileSync(configPath, `[server]\nbind = "${bind}"\nhttp_bind = "127.0.0.1:0"\n`);
  return startRelay({ configPath, dataDir: join(folder, 'relay') });
}

function hostPort(): string {
  return `127.0.0.1:${relay.port}`;
}

function relayAddress(): string {
  return `${hostPort()}/${relay.relay.relayId}`;
}
