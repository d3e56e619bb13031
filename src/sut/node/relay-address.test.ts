import { expect, test } from '@jest/globals';
import { parseRelayId } from '../core/ids.ts';
import { knownRelays, parseRelayAddress } from './relay-address.ts';

const id = parseRelayId('A'.repeat(43));

test.each([
  { text: 'relay:7000', address: 'relay:7000', has: null },
  { text: `relay:7000/${id}`, address: 'relay:7000', has: id },
  { text: '[::1]:7000', address: '[::1]:7000', has: null },
  { text: '127.0.0.1:1', address: '127.0.0.1:1', has: null },
])('$text is an address', ({ text, address, has }) => {
  expect(parseRelayAddress(text)).toEqual({ address, id: has });
});

test.each(['', 'relay', 'relay:', ':7000', 'relay:70000', 'relay:0', 'relay:7000/', 'relay:7000/short', 'a b:7'])(
  '%j is none',
  (text) => {
    expect(() => parseRelayAddress(text)).toThrow(/expected host:port/);
  },
);

test('an address without an id takes the one of its place in the list', () => {
  const addresses = ['a:1', 'b:2'].map(parseRelayAddress);
  const other = parseRelayId(`${'A'.repeat(42)}Q`);
  expect(knownRelays(addresses, [id, other])).toEqual([
    { address: 'a:1', id },
    { address: 'b:2', id: other },
  ]);
  expect(() => knownRelays(addresses, [id])).toThrow(/relay "b:2": its id is not known/);
});
