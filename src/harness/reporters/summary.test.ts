import { describe, expect, test } from '@jest/globals';
import { playSampleRun } from './sample-run.test-support.ts';
import { summaryText } from './summary.ts';

describe('summary.md', () => {
  test('says in a glance what became of each scenario, and how to run what failed again', async () => {
    const result = await playSampleRun({}, null);
    const text = summaryText(result);
    expect(text.split('\n')[0]).toBe('# relay-chaos: 2 fail, 1 inert, 1 not-run');
    expect(text).toContain('Arena **simulator**');
    expect(text).toContain('- **partial**: ');
    expect(text).toContain('Clean network: 1 MiB synced in 10.4 ms (p99 10.9, 3 runs), handshake 0.48 ms');
    expect(text).toContain('| ❌ fail | **S-CONC-01** simultaneous-push | 24 of 25 | ≥ 82.3 % |');
    expect(text).toContain('netem not run: the simulator has no netem');
    expect(text).toContain(`\`\`\`sh\n${result.scenarios[0]!.iterations[7]!.trials[0]!.repro}\n\`\`\``);
    expect(text).toContain('## Kill matrix: 2 of 3 defects caught, 1 not run');
    expect(text).toContain('| ❌ missed | E-HS-01 | pending-handshake-kept | health | 0 of 3 |');
    expect(text.length).toBeLessThan(8_000);
  });

  test('a run without an iteration has no line of how the machine was used', async () => {
    const result = await playSampleRun({}, null);
    const lines = summaryText({ ...result, usage: { ...result.usage!, longest: null } }).split('\n');
    expect(lines).not.toContain('.');
    expect(lines.filter((line) => line.includes('busy'))).toEqual([]);
  });

  test('every table row has as many cells as its head', async () => {
    const result = await playSampleRun({}, null);
    const [first, ...others] = result.scenarios;
    const nasty = { ...first!, iterations: [], because: 'a | b\nc <script> `d`' };
    const lines = summaryText({ ...result, scenarios: [nasty, ...others] }).split('\n');
    const rows = lines.filter((line) => line.startsWith('|'));
    const cells = (line: string) => line.replaceAll('\\|', '').split('|').length;
    const counts = rows.map(cells);
    const begins = rows.flatMap((row, index) => (/^\| Verdict /.test(row) ? [index] : []));
    expect(begins).toHaveLength(2);
    expect(counts.slice(0, begins[1]).every((count) => count === 8)).toBe(true);
    expect(counts.slice(begins[1]).every((count) => count === 9)).toBe(true);
    expect(rows.find((row) => row.includes('script'))).toContain('a \\| b c \\<script\\> \\`d\\`');
  });

  test('shows no more trials than fit a glance', async () => {
    const result = await playSampleRun({}, null, { disarmed: true, killMatrix: false });
    const text = summaryText(result);
    expect(text).toContain('- **disarmed**: ');
    expect(text.match(/^```sh$/gm)).toHaveLength(10);
    expect(text).toMatch(/And \d+ more in `report.html`/);
  });

  test('says which defects were planted, and that they are none of its own', async () => {
    const plain = summaryText(await playSampleRun({}, null));
    expect(plain).not.toContain('planted defect');
    const text = summaryText(await playSampleRun({}, null, { defects: ['first-cursor-zero', '*own*'] }));
    expect(text).toContain('- **planted defect**: first-cursor-zero, \\*own\\*; the system was wrong on purpose');
  });
});
