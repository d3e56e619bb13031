import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../support/system-clock.ts';
import { until } from '../../support/until.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'defects-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs to its end, with `input` on its standard input. */
async function ended(args: readonly string[], input = '') {
  const child = spawn(process.execPath, args, { stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

describe.each(['relay', 'node'])('%s.mjs', (program) => {
  const entry = join(import.meta.dirname, `${program}.mjs`);

  test('refuses an unknown defect and an unknown hook in one line with those there are', async () => {
    const defect = await ended([entry, '--defect', 'nope']);
    expect(defect).toMatchObject({ code: 3, stdout: '' });
    expect(defect.stderr).toMatch(new RegExp(`^${program}: --defect: expected one of [a-z-]+, .*, got "nope"\n$`));
    const hook = await ended([entry, '--hooks', 'export-keys,nope']);
    expect(hook).toEqual({
      code: 3,
      stdout: '',
      stderr: `${program}: --hooks: expected one of damage-items, export-keys, retention, got "nope"\n`,
    });
  });

  test('needs the Node that the release needs', async () => {
    const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })";
    const told = await ended(['--import', `data:text/javascript,${encodeURIComponent(older)}`, entry]);
    expect(told).toEqual({
      code: 3,
      stdout: '',
      stderr: `${program}: needs Node 24.7 or later, this is 20.19.0\n`,
    });
  });

  test('is the release’s entry point but for what it runs', () => {
    const release = join(import.meta.dirname, `../${program}/${program}.mjs`);
    const own = readFileSync(entry, 'utf8').replace(`./${program}-main.ts`, './main.ts');
    expect(own).toBe(readFileSync(release, 'utf8'));
  });
});

test('the node takes its defects along with the arguments of the release', async () => {
  const hello = '{"id":1,"op":"hello"}\n';
  const args = [
    '--data-dir',
    join(folder, 'node'),
    'control',
    '--defect',
    'tombstone-not-applied',
    '--hooks',
    'export-keys',
  ];
  const { code, stdout } = await ended([join(import.meta.dirname, 'node.mjs'), ...args], hello);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ id: 1, outcome: 'ok' });
});

test('the relay takes its defects and hooks along with the arguments of the release, and is armed over its pages', async () => {
  const [port, pagesPort] = [await freePort(), await freePort()];
  const config = join(folder, 'relay.toml');
  writeFileSync(
    config,
    `[server]\nbind = "127.0.0.1:${port}"\nhttp_bind = "127.0.0.1:${pagesPort}"\n[http]\nadmin = true\n`,
  );
  const entry = join(import.meta.dirname, 'relay.mjs');
  const args = ['--config', config, '--data-dir', folder, '--defect', 'session-left-behind'];
  const child = spawn(process.execPath, [entry, ...args, '--hooks', 'export-keys,damage-items'], { stdio: 'ignore' });
  const page = (path: string, options: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${pagesPort}${path}`, { ...options, headers: { connection: 'close' } });
  try {
    await until(systemClock, {
      what: 'the relay’s pages to answer',
      probe: () =>
        page('/health').then(
          ({ status }) => status,
          () => 0,
        ),
      holds: (status) => status === 200,
      everyMs: 20,
      timeoutMs: 4000,
    });
    const body = '{"name":"damage-items","parameters":{"device":null}}';
    expect((await page('/admin/hook', { method: 'POST', body })).status).toBe(200);
    const refused = await page('/admin/hook', { method: 'POST', body: '{"name":"nope"}' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ message: expect.stringContaining('expected one of damage-items') });
    expect(await (await page('/admin/handshake-secrets')).json()).toEqual({ handshakes: [] });
    expect(await (await page('/admin/stats')).json()).toMatchObject({ pendingHandshakes: 0, sessions: [] });
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  expect(child.exitCode).toBe(0);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
