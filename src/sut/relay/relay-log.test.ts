import { expect, test } from '@jest/globals';
import { bytesOfBlobId, bytesOfId } from '../core/ids.ts';
import { crashReportOf } from '../io/crash-report.ts';
import { describeEvents, EventLog } from '../io/event-log.ts';
import { relayEvents } from './log-events.ts';
import { RelayWorld, settled, TestClock } from './relay-world.test-support.ts';

/** Fields every line has. */
const common = ['atMs', 'level', 'event'];
const kinds = describeEvents(relayEvents);

function fits(kind: string, value: unknown): boolean {
  if (kind === 'token') return typeof value === 'string' && /^[0-9a-f]{8}$/.test(value);
  if (kind === 'places')
    return Array.isArray(value) && value.every((place) => /^src\/[a-z0-9/.-]+\.ts:\d+$/.test(place));
  if (['count', 'ms', 'bytes'].includes(kind)) return typeof value === 'number' && value >= 0;
  return kind.split('|').includes(value as string);
}

test('every line of a busy relay is in the table, and none holds an id, a name, a payload or an address', async () => {
  const world = await RelayWorld.start({ limits: { messages_per_minute: 20, connections_per_ip: 4 } });
  const groupId = world.newGroup();
  const address = '10.11.12.13';
  const [a, b] = [world.newNode(groupId), world.newNode(groupId)];
  const hello = a.helloOf();
  await a.shakeHands('hybrid', address);
  await a.ask(hello, 'WELCOME');
  await b.join(0, address);
  const push = a.pushOf(new TextEncoder().encode('a payload that could be recognized'));
  await a.ask(push, 'PUSH_ACK');
  a.send(push);
  a.send({ ...push, payload: new Uint8Array(9) });
  await b.ask({ type: 'PULL', afterCursor: 0, limit: 0 }, 'PULL_RESPONSE');
  await b.ask({ type: 'LIST_DEVICES' }, 'DEVICE_LIST');
  a.send({ type: 'DELETE', blobId: push.blobId, force: true });
  for (let index = 0; index < 30; index += 1) a.send({ type: 'PRESENCE', status: 'online', ackedCursor: 1 });
  await settled();
  for (let index = 0; index < 5; index += 1)
    world.connect(address).send(new TextEncoder().encode('GET /my-secret-path'));
  await settled();
  await a.join(0, address);
  b.sendFrame(new TextEncoder().encode('a frame that could be recognized'));
  await world.clock.advance(30_000);
  await world.relay.stop();

  expect(new Set(world.lines.map((line) => JSON.parse(line).event)).size).toBeGreaterThanOrEqual(12);
  for (const line of world.lines) {
    const { event, ...rest } = JSON.parse(line);
    const fields = Object.entries(rest).filter(([name]) => !common.includes(name));
    expect(fields.map(([name]) => name).toSorted()).toEqual(Object.keys(kinds[event] ?? { unknown: 1 }).toSorted());
    for (const [name, value] of fields) {
      expect({ event, name, value, fits: fits(kinds[event]![name]!, value) }).toMatchObject({ fits: true });
    }
  }
  const secrets = [bytesOfId(a.deviceId), bytesOfId(b.deviceId), bytesOfId(groupId), bytesOfId(world.relay.relayId)]
    .concat([bytesOfBlobId(push.blobId), push.payload, hello.sealedDeviceName])
    .flatMap((bytes) =>
      (['hex', 'base64', 'base64url', 'latin1'] as const).map((how) => Buffer.from(bytes).toString(how)),
    );
  const log = world.lines.join('\n');
  for (const secret of [...secrets, push.blobId, address, 'secret-path', 'recognized']) {
    expect(log.includes(secret.slice(0, 12))).toBe(false);
  }
});

function logOf(lines: string[]) {
  return new EventLog({ table: relayEvents, level: 'trace', clock: new TestClock(), sink: (line) => lines.push(line) });
}

test.each<[string, (log: ReturnType<typeof logOf>) => void]>([
  // @ts-expect-error: text where the table says token.
  ['a name as a token', (log) => log.write('push-repeated', { session: 'Ada’s phone' })],
  ['a token of our own making', (log) => log.write('push-repeated', { session: { text: '0badcafe' } as never })],
  // @ts-expect-error: a field the table does not have.
  ['a field more', (log) => log.write('relay-started', { tookMs: 1, device: 'x' })],
  // @ts-expect-error: a field is missing.
  ['a field less', (log) => log.write('accept-failed', {})],
  // @ts-expect-error: text where the table says a number.
  ['text as a number', (log) => log.write('accept-failed', { skipped: 'Ada’s phone' })],
  ['no number', (log) => log.write('accept-failed', { skipped: Number.NaN })],
  // @ts-expect-error: not one of the words.
  ['another word', (log) => log.write('connection-refused', { reason: '10.0.0.1', skipped: 0 })],
  // @ts-expect-error: not an event.
  ['another event', (log) => log.write('device-seen', {})],
  ['what every object has', (log) => log.write('toString' as never, {} as never)],
])('%s is refused, nothing is written, and the refusal does not repeat it', (_what, write) => {
  const lines: string[] = [];
  let message = '';
  try {
    write(logOf(lines));
  } catch (error) {
    message = (error as Error).message;
  }
  expect(lines).toEqual([]);
  expect(message).toMatch(/^event log: /);
  expect(message).not.toMatch(/Ada|10\.0|cafe/);
});

test('a crash is told by the class of its error and the places in our code, whatever its message says', () => {
  const lines: string[] = [];
  const hostile = new TypeError('Ada’s phone\n    at f (/src/sut/ada-phone.ts:1:1)\n    at /src/sut/ada-phone.ts:2:2');
  logOf(lines).write('crash', { ...crashReportOf(hostile) });
  const crash = JSON.parse(lines[0]!);
  expect(crash).toMatchObject({ event: 'crash', error: 'TypeError' });
  expect(crash.at[0]).toMatch(/^src\/sut\/relay\/relay-log\.test\.ts:\d+$/);
  expect(lines[0]).not.toMatch(/ada/i);
  logOf(lines).write('crash', { ...crashReportOf('Ada’s phone') });
  expect(JSON.parse(lines[1]!)).toMatchObject({ error: 'other', at: [] });
});
