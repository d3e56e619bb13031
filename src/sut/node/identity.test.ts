import { expect, test } from '@jest/globals';
import { utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { parseRelayId } from '../core/ids.ts';
import type { SecretFile } from '../io/ports.ts';
import { groupRecord, newIdentity, readIdentity, writeIdentity } from './identity.ts';

const random = new Prng('identity');
const relays = [{ address: 'relay:7000', id: parseRelayId('A'.repeat(43)) }];
const argon2 = { memoryKiB: 19_456, passes: 2, parallelism: 1 };

test.each([
  { says: 'without a group', group: null },
  { says: 'in a group with a random secret', group: groupRecord(random.bytes(32), null, relays) },
  {
    says: 'in a group with a passphrase',
    group: groupRecord(random.bytes(32), { salt: random.bytes(16), argon2 }, relays),
  },
])('a device $says comes back from its file as it was', ({ group }) => {
  const file = memoryFile();
  const written = { ...newIdentity('Ada ☁️', random), group };
  writeIdentity(file, written);
  const { keys: _, ...read } = readIdentity(file)!;
  const { keys: __, ...expected } = written;
  expect(read).toEqual(expected);
});

test('no file is no device', () => {
  expect(readIdentity(memoryFile())).toBeNull();
});

test.each(['', '{', 'null', '{"version":1}', '{"version":2}', '{"version":1,"name":"x","keys":"AA","group":null}'])(
  'a file with %j is refused without quoting it',
  (text) => {
    const file = memoryFile();
    file.write(utf8(text));
    expect(() => readIdentity(file)).toThrow(/^key file: expected/);
  },
);

function memoryFile(): SecretFile {
  let content: Uint8Array | null = null;
  return {
    read: () => content,
    write: (written) => {
      content = written;
    },
  };
}
