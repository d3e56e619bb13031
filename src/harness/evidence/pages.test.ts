import { describe, expect, test } from '@jest/globals';
import { scanPage } from './pages.ts';

const mark = 'MarkOfTheTester1';
const identifiers = [
  { label: 'group', text: 'g8Yw0xkq2mN7u4b1s6d9f3h5j7l9z1x3c5v7b9n1m2Q' },
  { label: 'device-name:node-a', text: 'Annas Telefon' },
];

const metrics = `# HELP sync_relay_connections_total Connections accepted, in all
# TYPE sync_relay_connections_total counter
sync_relay_connections_total 42

# HELP sync_relay_info Version of the relay
# TYPE sync_relay_info gauge
sync_relay_info{version="1.0.0-rc.1"} 1
# HELP push_seconds Time of a push
# TYPE push_seconds histogram
push_seconds_bucket{le="0.5"} 3
push_seconds_bucket{le="+Inf",} 4 1760000000000
push_seconds_sum 1.5e-3
# HELP load Load
# TYPE load summary
load{version="1.0.0",quantile="0.9"} NaN
`;

function problemsOf(kind: 'health' | 'metrics', text: string): readonly string[] {
  const scan = scanPage(`/${kind}`, text, kind, identifiers, mark);
  expect(scan.markFound).toBe(true);
  expect(scan.strayPages.every(({ page }) => page === `/${kind}`)).toBe(true);
  return scan.strayPages.map(({ problem }) => problem);
}

describe('the metrics page', () => {
  test('passes with totals and the three labels that say nothing of a user', () => {
    expect(problemsOf('metrics', metrics)).toEqual([]);
  });

  test.each([
    { line: 'pushes_total{group="a"} 1', problem: 'a label outside the list (group)' },
    { line: 'pushes_total{version="1.0",device="x"} 1', problem: 'a label outside the list (device)' },
    { line: 'pushes_total{version="Annas phone"} 1', problem: 'the label version holds something else' },
    { line: 'pushes_total{le="node-a"} 1', problem: 'the label le holds something else' },
    { line: 'pushes_total{version=1} 1', problem: 'labels that cannot be read' },
    { line: 'pushes_total one', problem: 'expected HELP, TYPE or a sample' },
    { line: 'pushes total 1', problem: 'expected HELP, TYPE or a sample' },
    { line: '# TYPE pushes_total counts', problem: 'expected HELP, TYPE or a sample' },
    { line: '# what a day', problem: 'expected HELP, TYPE or a sample' },
  ])('$line: $problem', ({ line, problem }) => {
    expect(problemsOf('metrics', `up 1\n${line}\n`)).toEqual([`line 2: ${problem}`]);
  });

  test('with an identifier in a help text is told so', () => {
    const text = `# HELP up Watched by Annas Telefon\nup 1\n`;
    expect(problemsOf('metrics', text)).toEqual(['holds an identifier (device-name:node-a, raw)']);
  });

  test('with nothing on it is no evidence', () => {
    expect(problemsOf('metrics', '')).toEqual(['expected at least one sample']);
  });
});

describe('the health page', () => {
  test('passes with flat totals, a status and a version', () => {
    const page = { status: 'ok', version: '1.0.0', connections: 3, uptime_seconds: 1.5 };
    expect(problemsOf('health', JSON.stringify(page))).toEqual([]);
  });

  test.each([
    { page: { status: 'ok', group: 'a' }, problem: 'group: expected a number' },
    { page: { status: 'serving Annas phone' }, problem: 'status: expected one word' },
    { page: { connections: { 'node-a': 1 } }, problem: 'connections: expected a number' },
    { page: { connections: [1, 2] }, problem: 'connections: expected a number' },
    { page: { '10.0.0.7': 1 }, problem: 'a name of 8 characters: expected a number' },
    { page: ['ok'], problem: 'expected a JSON object' },
  ])('$page: $problem', ({ page, problem }) => {
    expect(problemsOf('health', JSON.stringify(page))).toEqual([problem]);
  });

  test('that is no JSON, or names the group in hex, is told so', () => {
    expect(problemsOf('health', 'ok')).toEqual(['expected JSON']);
    const hex = Buffer.from(identifiers[0]!.text, 'base64url').toString('hex');
    expect(problemsOf('health', JSON.stringify({ [`group_${hex}`]: 1 }))).toContain('holds an identifier (group, hex)');
  });
});

test('a page that itself holds the mark keeps its control', () => {
  expect(scanPage('/health', JSON.stringify({ [mark]: 1 }), 'health', [], mark)).toEqual({
    strayPages: [],
    markFound: true,
  });
});
