import { expect, test } from '@jest/globals';
import { toBase64Url, utf8 } from '../../support/bytes.ts';
import { secretsOfInvite } from './canaries.ts';

test('an invite with a secret inside gives both, itself as it stands and the secret as bytes', () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
  const payload = toBase64Url(utf8(JSON.stringify({ group_secret: toBase64Url(secret), hint: 'secret word' })));
  const invite = `https://example.test/join?invite=${payload}`;
  const found = secretsOfInvite(invite).map(({ label, bytes }) => [label, Buffer.from(bytes).toString('hex')]);
  expect(found).toEqual([
    ['invite', Buffer.from(invite).toString('hex')],
    ['group-secret', Buffer.from(secret).toString('hex')],
  ]);
});

test('an invite of another form is searched for as a whole', () => {
  expect(secretsOfInvite('f0e1-d2c3-b4a5')).toEqual([{ label: 'invite', bytes: utf8('f0e1-d2c3-b4a5') }]);
});

test('a code too short to be told from accident gives nothing to search for', () => {
  expect(secretsOfInvite('123456')).toEqual([]);
});
