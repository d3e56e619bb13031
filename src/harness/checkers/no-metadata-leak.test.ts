import { noMetadataLeak } from './no-metadata-leak.ts';
import type { Draft } from './record.test-support.ts';
import { testTable } from './table.test-support.ts';

function nameFound(draft: Draft, source: string): void {
  draft.collected.searches
    .find((one) => one.source === source)!
    .hits.push({ canary: 'device-name:node-a', encoding: 'raw', offset: 3 });
}

testTable(noMetadataLeak, [
  {
    says: 'invalid',
    when: 'a log line is off the closed list',
    change: (d) => d.collected.metadata.strayLines.push({ line: 17, problem: 'unknown field "device"' }),
    naming: 'line 17: unknown field',
  },
  {
    says: 'invalid',
    when: 'a page holds more than totals',
    change: (d) => d.collected.metadata.strayPages.push({ page: 'metrics', problem: 'label "group"' }),
    naming: 'metrics: label "group"',
  },
  ...['relay-log', 'page:health', 'capture:node-a', 'relay.db', 'frames:relay'].map((source) => ({
    says: 'invalid' as const,
    when: `a device name is found in ${source}`,
    change: (d: Draft) => nameFound(d, source),
    naming: `device-name:node-a in ${source}`,
  })),
  { says: 'valid', when: 'a node’s own log names its device', change: (d) => nameFound(d, 'node-a-log') },
  {
    says: 'unknown',
    when: 'no log line was judged',
    change: (d) => Object.assign(d.collected.metadata, { logLines: 0 }),
  },
  {
    says: 'unknown',
    when: 'the log was not judged',
    change: (d) => Object.assign(d.collected.metadata, { logLines: null }),
  },
  { says: 'unknown', when: 'no page was judged', change: (d) => Object.assign(d.collected.metadata, { pages: [] }) },
  {
    says: 'unknown',
    when: 'the pages are missing',
    change: (d) => Object.assign(d.collected.metadata, { pages: null }),
  },
  {
    says: 'unknown',
    when: 'the mark was not seen',
    change: (d) => Object.assign(d.collected.metadata, { markFound: false }),
  },
  {
    says: 'unknown',
    when: 'nothing was searched for names',
    change: (d) => Object.assign(d.collected, { searches: [] }),
  },
  {
    says: 'valid',
    when: 'the system has no pages',
    change: (d) => {
      d.can = d.can.filter((one) => one !== 'pages');
      Object.assign(d.collected.metadata, { pages: null });
    },
    naming: 'not run: pages',
  },
  {
    says: 'valid',
    when: 'the system promises no events and logs nothing',
    change: (d) => {
      d.can = d.can.filter((one) => one !== 'log-events');
      Object.assign(d.collected.metadata, { logLines: 0 });
    },
    naming: 'not run: closed list of log events',
  },
  {
    says: 'invalid',
    when: 'the free text of its log holds an id',
    change: (d) => {
      d.can = d.can.filter((one) => one !== 'log-events');
      d.collected.metadata.strayLines.push({ line: 2, problem: 'holds an identifier (item, raw)' });
    },
    naming: 'line 2: holds an identifier',
  },
  {
    says: 'invalid',
    when: 'a stray line was seen in a scan that is otherwise empty',
    change: (d) => Object.assign(d.collected.metadata, { logLines: null, strayLines: [{ line: 1, problem: 'an id' }] }),
    naming: 'line 1: an id',
  },
]);
