import { expect, test } from '@jest/globals';
import { clientConfig } from './client-config.ts';
import { defaultConfig } from './config.ts';

const none = { file: null, env: {}, memoryMB: 0 };

test('nothing given is the default', () => {
  expect(clientConfig(none)).toEqual({ node: defaultConfig, relays: [], deviceName: null });
});

test('the environment stands above the file', () => {
  const file = { path: 'c.toml', tables: { sync: { relay_addresses: ['f:1'], heartbeat_ms: 7, outbox_window: 3 } } };
  const env = { SYNC_RELAY_ADDRESSES: 'a:1, b:2', SYNC_LOG_LEVEL: 'trace', SYNC_DEVICE_NAME: 'Ada' };
  expect(clientConfig({ ...none, file })).toMatchObject({ relays: ['f:1'], node: { heartbeatMs: 7, outboxWindow: 3 } });
  expect(clientConfig({ ...none, file, env })).toMatchObject({
    relays: ['a:1', 'b:2'],
    deviceName: 'Ada',
    node: { logLevel: 'trace', heartbeatMs: 7 },
  });
});

test.each([
  { tables: { sync: { heartbeat: 1 } }, problem: /c\.toml: sync: .*heartbeat/ },
  { tables: { sync: { outbox_max: 0 } }, problem: /c\.toml: sync\.outbox_max/ },
  { tables: { sink: {} }, problem: /c\.toml: .*sink/ },
])('$tables is refused', ({ tables, problem }) => {
  expect(() => clientConfig({ ...none, file: { path: 'c.toml', tables } })).toThrow(problem);
});

test('an unknown log level names the known ones', () => {
  expect(() => clientConfig({ ...none, env: { SYNC_LOG_LEVEL: 'loud' } })).toThrow(/info, debug, trace, got "loud"/);
});
