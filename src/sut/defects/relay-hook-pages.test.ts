import { expect, test } from '@jest/globals';
import { utf8 } from '../../support/bytes.ts';
import { relayHookPages } from './relay-hook-pages.ts';
import { RelayHooks } from './relay-hooks.ts';

const pages = relayHookPages(new RelayHooks(['damage-items', 'export-keys']));

async function asked(method: string, path: string, body = '') {
  const page = await pages({ method, path, body: utf8(body) });
  return page === null ? null : [page.status, JSON.parse(page.body)];
}

test('a hook is armed with its name and parameters', async () => {
  expect(await asked('POST', '/admin/hook', '{"name":"damage-items","parameters":{"device":null}}')).toEqual([200, {}]);
});

test.each([
  ['', 'expected a body such as'],
  ['[]', 'expected a body such as'],
  ['{"name":7}', 'expected a body such as'],
  ['{"name":"damage-items","parameters":[]}', 'expected a body such as'],
  ['{"name":"damage-items"}', 'got none'],
  ['{"name":"nope"}', 'expected one of damage-items, got "nope"'],
])('%s is answered with what was expected', async (body, says) => {
  expect(await asked('POST', '/admin/hook', body)).toEqual([400, { message: expect.stringContaining(says) }]);
});

test('other methods and pages are not for hooks', async () => {
  expect(await asked('GET', '/admin/hook')).toEqual([405, { message: 'hook: expected POST, got GET' }]);
  expect(await asked('GET', '/admin/stats')).toBeNull();
  expect(await asked('POST', '/admin/handshake-secrets')).toBeNull();
  expect(await asked('GET', '/admin/handshake-secrets')).toEqual([200, { handshakes: [] }]);
});
