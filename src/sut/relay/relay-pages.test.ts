import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { relayStats } from '../../contract/relay-stats.ts';
import { RelayWorld, settled } from './relay-world.test-support.ts';
import { relayVersion } from './version.ts';

async function busyWorld(tables: Record<string, unknown> = {}) {
  const world = await RelayWorld.start(tables);
  const groupId = world.newGroup();
  const [a, b] = [world.newNode(groupId), world.newNode(groupId)];
  await a.join();
  await b.join();
  for (let index = 0; index < 3; index += 1) await a.ask(a.pushOf(world.prng.bytes(100)), 'PUSH_ACK');
  await b.ask({ type: 'PULL', afterCursor: 0, limit: 2 }, 'PULL_RESPONSE');
  await b.ask({ type: 'PRESENCE', status: 'online', ackedCursor: 2 }, 'PRESENCE');
  b.send({ type: 'DELETE', blobId: world.newBlobId(), force: true });
  b.send({ type: 'UNREGISTER_PUSH', reason: 'user_disabled' });
  await settled();
  return { world, a, b, groupId };
}

/** Name → value of the samples, after checking that each has its HELP and TYPE before it. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const described = new Set<string>();
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const comment = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line);
    if (comment !== null) {
      described.add(`${comment[1]} ${comment[2]}`);
      continue;
    }
    const sample = /^(\w+)(\{version="[^"]+"\})? (\d+(?:\.\d+)?)$/.exec(line);
    if (sample === null) throw new Error(`not Prometheus text: ${line}`);
    expect([...described]).toEqual(expect.arrayContaining([`HELP ${sample[1]}`, `TYPE ${sample[1]}`]));
    samples.set(sample[1]!, Number(sample[3]));
  }
  return samples;
}

test('an order to clean up is answered when it is done, and only where admin pages are on', async () => {
  const { world } = await busyWorld();
  const runs = (await world.relay.stats()).cleanupRuns;
  const [first, second] = [world.relay.pages.ordered('/admin/clean-up'), world.relay.pages.ordered('/admin/clean-up')];
  expect(JSON.parse((await first)!.body)).toEqual({ cleanupRuns: runs + 1 });
  expect(JSON.parse((await second)!.body)).toEqual({ cleanupRuns: runs + 2 });
  expect((await world.relay.stats()).cleanupRuns).toBe(runs + 2);
  expect(await world.relay.pages.ordered('/admin/stats')).toBeNull();
  const without = await RelayWorld.start({ http: { admin: false } });
  expect(await without.relay.pages.ordered('/admin/clean-up')).toBeNull();
});

test('the health page has totals', async () => {
  const { world } = await busyWorld();
  await world.clock.advance(12_345);
  const page = await world.relay.pages.at('/health');
  expect(page?.contentType).toBe('application/json');
  expect(JSON.parse(page!.body)).toEqual({
    status: 'ok',
    version: relayVersion,
    connections: 2,
    groups: 1,
    blobs_buffered: 3,
    uptime_seconds: 12,
    storage_bytes: expect.any(Number),
  });
});

test('the metrics page is Prometheus text and counts what happened', async () => {
  const { world } = await busyWorld({ limits: { messages_per_minute: 5 } });
  const samples = samplesOf((await world.relay.pages.at('/metrics'))!.body);
  expect(Object.fromEntries(samples)).toMatchObject({
    sync_relay_connections_total: 2,
    sync_relay_connections_active: 2,
    sync_relay_blobs_buffered: 3,
    sync_relay_blobs_delivered: 2,
    sync_relay_groups_active: 1,
    sync_relay_pushes_total: 3,
    sync_relay_pulls_total: 1,
    sync_relay_rate_limit_hits_total: 0,
    sync_relay_errors_total: 1,
    sync_relay_info: 1,
  });
  expect(samples.get('sync_relay_bytes_transferred')).toBeGreaterThan(16_000);
  expect(samples.get('sync_relay_storage_bytes')).toBeGreaterThan(4096);
});

test('neither page holds an id', async () => {
  const { world, a, b, groupId } = await busyWorld();
  const text = `${(await world.relay.pages.at('/health'))!.body}${(await world.relay.pages.at('/metrics'))!.body}`;
  for (const id of [a.deviceId, b.deviceId, groupId]) expect(text).not.toContain(id.slice(0, 8));
});

test('the statistics fit the contract and name head cursors and sessions', async () => {
  const { world, a, b, groupId } = await busyWorld();
  await world.clock.advance(1000);
  const stats = relayStats.parse(JSON.parse((await world.relay.pages.at('/admin/stats'))!.body));
  expect(stats.groups).toEqual([{ group: groupId, headCursor: 3, blobs: 3, bytes: 300 }]);
  expect(stats.sessions.map(({ device }) => device)).toEqual([a.deviceId, b.deviceId]);
  expect(stats.sessions[0]).toMatchObject({ framesIn: 4, framesOut: 4, pushesIn: 3, recordsIn: 4, recordsOut: 4 });
  expect(stats.sessions[1]).toMatchObject({ framesIn: 5, framesOut: 7, pushesIn: 0, openForMs: 1000 });
  expect(stats).toMatchObject({ framesIn: 9, framesOut: 11, heartbeatsIn: 1, heartbeatsOut: 1, recordsIn: 9 });
  expect(stats).toMatchObject({ accepts: 2, rejects: { INVALID_MESSAGE: 1 }, pendingHandshakes: 0 });
});

test('the statistics are not served unless asked for, and other pages do not exist', async () => {
  const world = await RelayWorld.start({ http: { admin: false } });
  expect(await world.relay.pages.at('/admin/stats')).toBeNull();
  expect(await world.relay.pages.at('/')).toBeNull();
});

test('the identity page names the relay', async () => {
  const world = await RelayWorld.start();
  const page = await world.relay.pages.at('/.well-known/iroh');
  expect(JSON.parse(page!.body)).toMatchObject({ relay_id: world.relay.relayId });
});

test('the version is that of the package', () => {
  expect(relayVersion).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});
