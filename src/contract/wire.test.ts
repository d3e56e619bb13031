import { describe, expect, test } from '@jest/globals';
import {
  blobOverheadBytes,
  closesSession,
  errorCodes,
  errorNameOf,
  handshakeDownBytes,
  handshakeField,
  handshakeMessage,
  handshakeMessages,
  handshakeUpBytes,
  limits,
  m1RecordEnd,
  m2RecordEnd,
  m3RecordEnd,
  m4RecordEnd,
  messageNameOf,
  messageTypes,
  noiseMessageBytesMax,
  preambleBytes,
  protocolId,
  recordPlaintextBytesMax,
  tagBytes,
} from './wire.ts';

describe('handshake layouts', () => {
  test('hybrid messages have the published sizes', () => {
    expect(handshakeMessages.hybrid.map((message) => message.bytes)).toEqual([1216, 3568, 2368, 1120]);
  });

  test('classical messages are 32, 96 and 64 bytes', () => {
    expect(handshakeMessages.classical.map((message) => message.bytes)).toEqual([32, 96, 64]);
  });

  test('record ends add the preamble and each prefix', () => {
    expect([m1RecordEnd, m2RecordEnd, m3RecordEnd, m4RecordEnd]).toEqual([1229, 3570, 3599, 4692]);
    expect(handshakeUpBytes + handshakeDownBytes).toBe(8291);
  });

  test('fields follow each other without a hole, up to the end of the message', () => {
    for (const message of [...handshakeMessages.hybrid, ...handshakeMessages.classical]) {
      let end = 0;
      for (const field of message.fields) {
        expect(field.offset).toBe(end);
        end += field.bytes;
      }
      expect(end).toBe(message.bytes);
    }
  });

  test('a field is found by its name', () => {
    expect(handshakeField('hybrid', 'm2', 'ekem')).toEqual({ name: 'ekem', offset: 1216, bytes: 1088 });
    expect(handshakeField('hybrid', 'm2', 'payload-tag')).toEqual({ name: 'payload-tag', offset: 3552, bytes: 16 });
    expect(handshakeField('hybrid', 'm3', 'kem-s')).toEqual({ name: 'kem-s', offset: 1152, bytes: 1200 });
  });

  test('what does not exist is refused with what does', () => {
    expect(() => handshakeMessage('classical', 'm4')).toThrow('the classical handshake has no message m4');
    expect(() => handshakeField('hybrid', 'm4', 'ekem')).toThrow('expected one of skem, payload-tag, got ekem');
  });
});

test('sizes agree with each other', () => {
  expect(protocolId.length + 1).toBe(preambleBytes);
  expect(recordPlaintextBytesMax + tagBytes).toBe(noiseMessageBytesMax);
  expect(blobOverheadBytes).toBe(82);
  expect(limits.blobBodyBytesMax).toBe(1_048_494);
});

describe('numbers and names', () => {
  test('message types and error codes are all different and map back to their names', () => {
    for (const [name, type] of Object.entries(messageTypes)) expect(messageNameOf(type)).toBe(name);
    for (const [name, code] of Object.entries(errorCodes)) expect(errorNameOf(code)).toBe(name);
    expect(messageNameOf(0x04)).toBeNull();
    expect(errorNameOf(999)).toBeNull();
  });

  test('a session ends with 1002, 1003 and 3xxx only', () => {
    const ending = Object.values(errorCodes).filter(closesSession);
    expect(ending).toEqual([1002, 1003, 3000, 3001]);
  });
});
