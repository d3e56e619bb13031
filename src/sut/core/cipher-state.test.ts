import { describe, expect, test } from '@jest/globals';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, toHex } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import { CipherError, CipherState } from './cipher-state.ts';

const prng = new Prng('cipher-state');
const nothing = new Uint8Array(0);
const last = 0xffff_ffff_ffff_ffffn;

function nonceOf(counter: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter, true);
  return nonce;
}

describe('cipher state', () => {
  test.each([0n, 1n, 255n, 256n, 0x1_0000_0000n, last - 1n])('message %i equals an independent AEAD', (counter) => {
    const [key, associated, plaintext] = [prng.bytes(32), prng.bytes(32), prng.bytes(100)];
    const expected = chacha20poly1305(key, nonceOf(counter), associated).encrypt(plaintext);
    expect(toHex(new CipherState(key, counter).seal(associated, plaintext))).toBe(toHex(expected));
    expect(toHex(new CipherState(key, counter).open(associated, expected))).toBe(toHex(plaintext));
  });

  test('sealing into a larger array touches nothing else', () => {
    const key = prng.bytes(32);
    const target = new Uint8Array(30).fill(7);
    new CipherState(key).sealInto(target, 3, nothing, Uint8Array.of(1, 2, 3));
    expect(toHex(target.subarray(3, 22))).toBe(toHex(new CipherState(key).seal(nothing, Uint8Array.of(1, 2, 3))));
    expect([...target.subarray(0, 3), ...target.subarray(22)]).toEqual(Array(11).fill(7));
  });

  test('a message that does not open leaves the counter, so that the right one still opens', () => {
    const key = prng.bytes(32);
    const sealed = new CipherState(key).seal(nothing, prng.bytes(50));
    const receiver = new CipherState(key);
    for (let index = 0; index < sealed.length; index += 1) {
      const damaged = Uint8Array.from(sealed);
      damaged[index]! ^= 0x80;
      expect(() => receiver.open(nothing, damaged)).toThrow(CipherError);
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => receiver.open(nothing, sealed.subarray(0, length))).toThrow(CipherError);
    }
    expect(receiver.counter).toBe(0n);
    expect(receiver.open(nothing, sealed)).toHaveLength(50);
    expect(receiver.counter).toBe(1n);
  });

  test('a repeated or skipped message does not open', () => {
    const key = prng.bytes(32);
    const [sender, receiver] = [new CipherState(key), new CipherState(key)];
    const [first, second, third] = [1, 2, 3].map((byte) => sender.seal(nothing, Uint8Array.of(byte)));
    receiver.open(nothing, first!);
    expect(() => receiver.open(nothing, first!)).toThrow('decryption failed');
    expect(() => receiver.open(nothing, third!)).toThrow('decryption failed');
    expect([...receiver.open(nothing, second!)]).toEqual([2]);
  });

  test('the reserved counter is used neither to send nor to receive', () => {
    const key = prng.bytes(32);
    expect(() => new CipherState(key, last).seal(nothing, nothing)).toThrow('the message counter is used up');
    const sealed = chacha20poly1305(key, nonceOf(last)).encrypt(prng.bytes(8));
    expect(() => new CipherState(key, last).open(nothing, sealed)).toThrow('the message counter is used up');
  });

  test('rekeying follows the specification, and the counter goes on', () => {
    const key = prng.bytes(32);
    const state = new CipherState(key, 5n);
    const sealed = state.seal(nothing, nothing);
    state.rekey();
    const next = chacha20poly1305(key, nonceOf(last)).encrypt(new Uint8Array(32)).subarray(0, 32);
    expect(toHex(state.exportKey())).toBe(toHex(next));
    expect(state.counter).toBe(6n);
    expect(() => new CipherState(next, 5n).open(nothing, sealed)).toThrow(CipherError);
    expect(toHex(state.seal(nothing, key))).toBe(toHex(chacha20poly1305(next, nonceOf(6n)).encrypt(concat(key))));
  });
});
