import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Workplace } from './chaos-command.test-support.ts';

/** Each command is a process of its own, and the machine may be busy. */
const timeoutMs = 120_000;

let place: Workplace;
beforeAll(() => {
  place = new Workplace();
});
afterAll(() => place.remove());

/** A round trip of 3.4 s: the first at which an attempt to connect cannot fit its limit. */
const point = ['sweep', 'T-LAT-04', '--seed', '0x7', '--point', '34'];
const withDefect = ['--defect', 'welcome-within-a-second'];

async function swept(words: readonly string[]) {
  const { code, stdout, stderr } = await place.chaos([...words, '--arena', 'simulator', '--reports', place.reports]);
  const lines = stdout.trimEnd().split('\n');
  return { code, stderr, lines: lines.filter((line) => !line.startsWith('baseline')) };
}

test(
  'one point of a sweep is run alone',
  async () => {
    expect(await swept(point)).toEqual({ code: 0, stderr: '', lines: ['T-LAT-04: 1 of 1 points'] });
    expect(await swept([...point.slice(0, -1), '1'])).toMatchObject({ code: 0, lines: ['T-LAT-04: 1 of 1 points'] });
    expect(place.runs().filter((name) => /^\d{8}-/.test(name))).toEqual([]);
  },
  timeoutMs,
);

test(
  'one that fails says so, and the line it prints runs that point again to the same end',
  async () => {
    const first = await swept([...point, ...withDefect]);
    expect(first.code).toBe(1);
    expect(first.lines[0]).toBe('planted defect: welcome-within-a-second; the system is wrong on purpose');
    expect(first.lines[1]).toMatch(/^fail of round-trips at {.*"delay":1700,.*attempt-fits-limit: node-a failed/);
    const again = /^ {2}again: npm run chaos -- (.*)$/.exec(first.lines[2]!)![1]!;
    expect(again).toBe('sweep T-LAT-04 --seed 0x7 --defect welcome-within-a-second --point 34');
    expect(first.lines.slice(3)).toEqual(['T-LAT-04: 0 of 1 points']);
    expect(await swept(again.split(' '))).toEqual(first);
  },
  timeoutMs,
);
