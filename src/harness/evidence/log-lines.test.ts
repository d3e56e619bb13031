import { describe, expect, test } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { findIdentifiers } from './identifier-search.ts';
import { type LogEvents, scanLogLines, strayLinesMax } from './log-lines.ts';

const mark = 'MarkOfTheTester1';
const events: LogEvents = {
  'relay-started': { tookMs: 'ms' },
  'push-stored': { session: 'token', payload: 'bytes', blobs: 'count' },
  'session-closed': { session: 'token', cause: 'bye|idle|lost' },
  'request-refused': { error: 'code' },
  woken: { since: 'time', severity: 'level' },
  stopped: { why: 'asked' },
};

function scan(lines: readonly (object | string)[], identifiers: Parameters<typeof scanLogLines>[2] = []) {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  return scanLogLines(`${text}\n`, events, identifiers, mark);
}

describe('a line on the closed list', () => {
  test.each([
    { event: 'relay-started', tookMs: 1.5 },
    { atMs: 1_760_000_000_000, level: 'trace', event: 'push-stored', session: '00ff12ab', payload: 0, blobs: 3 },
    { event: 'session-closed', session: '00ff12ab', cause: 'idle' },
    { event: 'request-refused', error: 2000 },
    { event: 'request-refused', error: 'RATE_LIMITED' },
    { event: 'request-refused', error: 'ERR_SQLITE_ERROR' },
    { event: 'woken', since: 1_760_000_000_000.5, severity: 'warn' },
    { event: 'stopped', why: 'asked' },
  ])('passes: %j', (line) => {
    expect(scan([line])).toEqual({ logLines: 1, strayLines: [], markFound: false });
  });
});

describe('a stray line', () => {
  test.each([
    { line: 'Error: something', problem: 'expected a JSON object' },
    { line: '["relay-started"]', problem: 'expected a JSON object' },
    { line: { event: 'gossip' }, problem: 'its event is not in the closed list' },
    { line: { event: 'toString' }, problem: 'its event is not in the closed list' },
    { line: { tookMs: 1 }, problem: 'its event is not in the closed list' },
    { line: { event: 'relay-started' }, problem: 'relay-started: without its field tookMs' },
    {
      line: { event: 'relay-started', tookMs: 1, device: 'x' },
      problem: 'relay-started: a field outside its list (device)',
    },
    {
      line: { event: 'relay-started', tookMs: 1, '10.0.0.7': 1 },
      problem: 'relay-started: a field outside its list (a name of 8 characters)',
    },
    { line: { event: 'relay-started', tookMs: '1' }, problem: 'relay-started.tookMs: expected the kind "ms"' },
    { line: { event: 'relay-started', tookMs: -1 }, problem: 'relay-started.tookMs: expected the kind "ms"' },
    {
      line: { event: 'push-stored', session: '00FF12AB', payload: 1, blobs: 1 },
      problem: 'push-stored.session: expected the kind "token"',
    },
    {
      line: { event: 'push-stored', session: '00ff12ab00ff12ab', payload: 1, blobs: 1 },
      problem: 'push-stored.session: expected the kind "token"',
    },
    {
      line: { event: 'push-stored', session: '00ff12ab', payload: 1, blobs: 1.5 },
      problem: 'push-stored.blobs: expected the kind "count"',
    },
    {
      line: { event: 'session-closed', session: '00ff12ab', cause: 'node-a left' },
      problem: 'session-closed.cause: expected the kind "bye|idle|lost"',
    },
    { line: { event: 'request-refused', error: 1234 }, problem: 'request-refused.error: expected the kind "code"' },
    { line: { event: 'request-refused', error: 'Anna' }, problem: 'request-refused.error: expected the kind "code"' },
    {
      line: { event: 'relay-started', tookMs: 1, level: 'loud' },
      problem: 'relay-started.level: expected the kind "level"',
    },
    {
      line: { event: 'relay-started', tookMs: 1, atMs: 'now' },
      problem: 'relay-started.atMs: expected the kind "time"',
    },
  ])('$line is told by its number and what is wrong', ({ line, problem }) => {
    const good = { event: 'stopped', why: 'asked' };
    expect(scan([good, '', line, good])).toEqual({ logLines: 3, strayLines: [{ line: 3, problem }], markFound: false });
  });

  test('of many, only the first are told', () => {
    const { logLines, strayLines } = scan(Array.from({ length: 500 }, () => 'free text'));
    expect(logLines).toBe(500);
    expect(strayLines).toHaveLength(strayLinesMax);
  });
});

test('a line that is nothing but the mark is the tester’s own; one that holds it among other things is not', () => {
  expect(scan([mark, { event: 'stopped', why: 'asked' }])).toEqual({ logLines: 1, strayLines: [], markFound: true });
  expect(scan([`${mark} and more`])).toMatchObject({ logLines: 1, markFound: false, strayLines: [{ line: 1 }] });
});

test('without a closed list lines may say anything but an identifier', () => {
  const identifiers = [{ label: 'device-name:node-a', text: 'Annas Telefon' }];
  const text = ['hello', '{"a":1}', 'from Annas Telefon', mark, ''].join('\r\n');
  expect(scanLogLines(text, null, identifiers, mark)).toEqual({
    logLines: 3,
    strayLines: [{ line: 3, problem: 'holds an identifier (device-name:node-a, raw)' }],
    markFound: true,
  });
});

describe('an identifier', () => {
  const device = Buffer.from(new Prng('device').bytes(32));
  const blob = 'b91a1bd8-0fa1-4ab7-b3c6-8e2fd5a10c9e';
  const identifiers = [
    { label: 'device:node-a', text: device.toString('base64url') },
    { label: 'item', text: blob },
    { label: 'address:node-a', text: '10.221.0.3' },
    { label: 'name', text: 'node-a' },
  ];

  test.each([
    { label: 'device:node-a', encoding: 'raw', shown: device.toString('base64url') },
    { label: 'device:node-a', encoding: 'hex', shown: device.toString('hex') },
    { label: 'device:node-a', encoding: 'base64', shown: device.toString('base64') },
    { label: 'device:node-a', encoding: 'base64', shown: Buffer.concat([Buffer.from('x'), device]).toString('base64') },
    { label: 'device:node-a', encoding: 'base64', shown: Buffer.from(device.toString('base64url')).toString('base64') },
    { label: 'item', encoding: 'raw', shown: blob },
    { label: 'item', encoding: 'hex', shown: blob.replaceAll('-', '') },
    { label: 'item', encoding: 'base64', shown: Buffer.from(blob.replaceAll('-', ''), 'hex').toString('base64') },
    { label: 'address:node-a', encoding: 'raw', shown: 'peer=10.221.0.3:50000' },
    { label: 'address:node-a', encoding: 'raw', shown: '::ffff:10.221.0.3' },
    { label: 'address:node-a', encoding: 'hex', shown: '0add0003' },
    { label: 'name', encoding: 'raw', shown: 'by NODE-A.' },
  ])('$label is found as $encoding in "$shown", on its line', ({ label, encoding, shown }) => {
    const good = { event: 'stopped', why: 'asked' };
    const { strayLines } = scan([good, 'käse', shown, good], identifiers);
    expect(strayLines).toContainEqual({ line: 3, problem: `holds an identifier (${label}, ${encoding})` });
    expect(JSON.stringify(strayLines)).not.toContain(shown);
  });

  test('is found in forms that plain text cannot hold, after plain text too', () => {
    const percent = [...device].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const utf16 = Buffer.from(blob, 'utf16le').toString('latin1');
    expect(findIdentifiers('plain', identifiers)).toEqual([]);
    expect(findIdentifiers(percent, identifiers)).toEqual([{ label: 'device:node-a', encoding: 'percent', offset: 0 }]);
    expect(findIdentifiers(utf16, identifiers)).toEqual([{ label: 'item', encoding: 'utf16le', offset: 0 }]);
    expect(findIdentifiers(blob, identifiers)).toEqual([{ label: 'item', encoding: 'raw', offset: 0 }]);
  });

  test.each(['node-alpha', 'anode-a', '0add00031', 'b91a1bd8', 'nothing at all'])('is not found in "%s"', (text) => {
    expect(findIdentifiers(text, identifiers)).toEqual([]);
  });

  test('too short to mean anything is refused', () => {
    expect(() => findIdentifiers('text', [{ label: 'name', text: 'ab' }])).toThrow('name has at least 3 characters');
  });
});
