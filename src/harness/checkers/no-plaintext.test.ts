import { expect, test } from '@jest/globals';
import { noPlaintext } from './no-plaintext.ts';
import { type Draft, edit, judged, remove } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

function search(draft: Draft, source: string) {
  return draft.collected.searches.find((one) => one.source === source)!;
}

function hit(draft: Draft, source: string, canary: string): void {
  search(draft, source).hits.push({ canary, encoding: 'base64 at 1', offset: 12 });
}

function drop(draft: Draft, ...sources: readonly string[]): void {
  draft.collected.searches = draft.collected.searches.filter(({ source }) => !sources.includes(source));
}

const isCanaries = (entry: { kind: string; name?: string }) => entry.kind === 'witness' && entry.name === 'canaries';

const everySource = [
  ...['relay-log', 'node-a-log', 'toxiproxy-log', 'relay.db', 'relay.db-wal', 'file:relay', 'file:relay/crash'],
  ...['page:health', 'capture:relay', 'capture:node-b', 'frames:relay'],
];

testTable(noPlaintext, [
  ...everySource.map((source) => ({
    says: 'invalid' as const,
    when: `content is found in ${source}`,
    change: (d: Draft) => hit(d, source, 'content'),
    naming: `content in ${source} at 12 (base64 at 1)`,
  })),
  ...['passphrase', 'group-secret', 'handshake-secret'].map((canary) => ({
    says: 'invalid' as const,
    when: `the canary ${canary} is found`,
    change: (d: Draft) => hit(d, 'node-a-log', canary),
    naming: `${canary} in node-a-log`,
  })),
  {
    says: 'valid',
    when: 'a device name is found, which is another check’s',
    change: (d) => hit(d, 'node-a-log', 'device-name:node-a'),
  },
  ...['relay-log', 'node-b-log', 'toxiproxy-log', 'page:health', 'capture:node-a', 'frames:relay'].flatMap((source) => [
    {
      says: 'unknown' as const,
      when: `the mark was not found in ${source}`,
      change: (d: Draft) => Object.assign(search(d, source), { markFound: false }),
      naming: source,
    },
    { says: 'unknown' as const, when: `${source} was not searched`, change: (d: Draft) => drop(d, source) },
    {
      says: 'unknown' as const,
      when: `${source} is empty`,
      change: (d: Draft) => Object.assign(search(d, source), { bytes: 0 }),
    },
  ]),
  {
    says: 'unknown',
    when: 'the write-ahead log was left out and the mark lay in it',
    change: (d) => drop(d, 'relay.db-wal'),
    naming: 'relay.db',
  },
  { says: 'unknown', when: 'no database was searched', change: (d) => drop(d, 'relay.db', 'relay.db-wal') },
  { says: 'unknown', when: 'no file was searched', change: (d) => drop(d, 'file:relay', 'file:relay/crash') },
  { says: 'unknown', when: 'the marked file was not found', change: (d) => drop(d, 'file:relay') },
  { says: 'unknown', when: 'nothing was searched', change: (d) => Object.assign(d.collected, { searches: [] }) },
  {
    says: 'unknown',
    when: 'a capture is empty',
    change: (d) => Object.assign(d.collected.captures[1]!, { packets: 0, bytes: 0 }),
    naming: 'the capture at node-a is empty',
  },
  {
    says: 'unknown',
    when: 'a capture was found incomplete',
    change: (d) => d.collected.missing.push({ part: 'captures.relay', because: 'a gap of 300 bytes', byDesign: false }),
    naming: 'a gap of 300 bytes',
  },
  {
    says: 'unknown',
    when: 'a capture has fewer packets than the interface counted',
    change: (d) => Object.assign(d.collected.captures[0]!, { packetsCounted: 201 }),
    naming: '200 of 201 packets',
  },
  {
    says: 'valid',
    when: 'nobody could count the packets',
    change: (d) => Object.assign(d.collected.captures[0]!, { packetsCounted: null }),
  },
  {
    says: 'unknown',
    when: 'a capture lacks the marked packet',
    change: (d) => Object.assign(d.collected.captures[2]!, { markFound: false }),
  },
  { says: 'unknown', when: 'a capture point is missing', change: (d) => d.collected.captures.pop(), naming: 'node-b' },
  { says: 'unknown', when: 'nobody wrote down the canaries', change: (d) => remove(d, isCanaries) },
  {
    says: 'unknown',
    when: 'the passphrase was not searched for',
    change: (d) => edit(d, isCanaries, { value: { labels: { content: 1, 'group-secret': 1 } } }),
    naming: 'passphrase',
  },
  {
    says: 'valid',
    when: 'the invite stands for a group secret nobody can read',
    change: (d) => edit(d, isCanaries, { value: { labels: { content: 1, passphrase: 1, invite: 1 } } }),
  },
  {
    says: 'unknown',
    when: 'neither invite nor group secret was searched for',
    change: (d) => edit(d, isCanaries, { value: { labels: { content: 1, passphrase: 1, 'group-secret': 0 } } }),
  },
  {
    says: 'valid',
    when: 'the system pairs without an invite',
    change: (d) => {
      edit(d, isCanaries, { value: { labels: { content: 1, passphrase: 1 } } });
      d.collected.missing.push({ part: 'canaries.group-secret', because: 'no invite', byDesign: true });
    },
    naming: 'canary group-secret (no invite)',
  },
  {
    says: 'valid',
    when: 'the image has no hooks: captures are opaque and judged on nothing',
    change: (d) => {
      d.can = d.can.filter((one) => one !== 'hooks');
      drop(d, 'frames:relay');
    },
    naming: 'opaque: capture:relay',
  },
  {
    says: 'valid',
    when: 'a source cannot exist by design',
    change: (d) => {
      drop(d, 'file:relay', 'file:relay/crash');
      d.collected.missing.push({ part: 'searches.file', because: 'no files in a simulation', byDesign: true });
    },
    naming: 'no files in a simulation',
  },
  {
    says: 'unknown',
    when: 'a source should have been there',
    change: (d) => {
      drop(d, 'file:relay', 'file:relay/crash');
      d.collected.missing.push({ part: 'searches.file', because: 'docker export failed', byDesign: false });
    },
    naming: 'docker export failed',
  },
  {
    says: 'invalid',
    when: 'the system does not claim to encrypt, and does not',
    change: (d) => {
      Object.assign(d, { can: ['live'] });
      hit(d, 'capture:relay', 'content');
    },
    naming: 'content in capture:relay',
  },
]);

test('no-plaintext tells a found canary although a capture is missing', () => {
  const finding = judged(noPlaintext, (d) => {
    hit(d, 'relay-log', 'content');
    d.collected.captures = [];
  });
  expect(finding.verdict).toBe('invalid');
  expect(finding.because).toContain('beside it cannot tell');
});
