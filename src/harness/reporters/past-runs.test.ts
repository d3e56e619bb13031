import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { pastDurations, pastResults, pastRunFolders } from './past-runs.ts';

const reports = mkdtempSync(join(tmpdir(), 'relay-chaos-past-'));
afterAll(() => rmSync(reports, { recursive: true }));

/** `lengths`: milliseconds of each iteration by scenario. */
function leave(
  run: string,
  arena: string,
  lengths: Readonly<Record<string, readonly number[]>>,
  joinedFrom?: readonly string[],
): void {
  mkdirSync(join(reports, run));
  writeFileSync(join(reports, run, 'history.jsonl'), '');
  const scenarios = Object.entries(lengths).map(([id, all]) => ({
    id,
    iterations: all.map((durationMs) => ({ durationMs })),
  }));
  writeFileSync(join(reports, run, 'results.json'), JSON.stringify({ run, arena, scenarios, joinedFrom }));
}

test('the newest run of the arena that had a scenario tells how long it takes', () => {
  leave('20261120-080000-0001', 'docker', { 'S-CONC-01': [9_000], 'T-LAT-01': [60_000, 80_000] });
  leave('20261121-080000-0002', 'docker', { 'S-CONC-01': [12_000, 14_000], 'T-LAT-01': [] });
  leave('20261122-080000-0003', 'simulator', { 'S-CONC-01': [300] });
  leave('20261123-080000-0004', 'docker', {});
  writeFileSync(join(reports, '20261123-080000-0004', 'results.json'), '{"arena":"docker","scen');
  mkdirSync(join(reports, 'notes'));
  expect(pastRunFolders(reports).map((path) => path.slice(-4))).toEqual(['0004', '0003', '0002', '0001']);
  expect([...pastDurations(reports, 'docker', ['S-CONC-01', 'T-LAT-01', 'T-LAT-02'])]).toEqual([
    ['S-CONC-01', 13_000],
    ['T-LAT-01', 70_000],
  ]);
});

test('of the newest runs so many are read as are wanted, beside those that do not count', () => {
  const isDocker = ({ arena }: { arena: string }) => arena === 'docker';
  const read = (most: number) =>
    pastResults(reports, most, isDocker).map(({ arena, scenarios }) => `${arena} ${scenarios.length}`);
  expect(read(1)).toEqual(['simulator 1', 'docker 2']);
  expect(read(9)).toEqual(['simulator 1', 'docker 2', 'docker 2']);
});

test('a run that was joined from others stands for them', () => {
  leave('20261124-080000-0005', 'docker', { 'S-CONC-01': [1] });
  leave('20261124-080000-0006', 'docker', { 'S-CONC-02': [2] });
  leave('20261124-090000-0007', 'docker', { 'S-CONC-01': [1], 'S-CONC-02': [2] }, [
    '20261124-080000-0005',
    '20261124-080000-0006',
  ]);
  const read = () => pastResults(reports, 2, ({ arena }) => arena === 'docker').map(({ run }) => run);
  expect(read()).toEqual(['20261124-090000-0007', '20261122-080000-0003', '20261121-080000-0002']);
  leave('20261124-100000-0008', 'docker', { 'S-CONC-01': [1], 'S-CONC-02': [2], 'S-CONC-03': [3] }, [
    '20261124-090000-0007',
  ]);
  expect(read()).toEqual(['20261124-100000-0008', '20261122-080000-0003', '20261121-080000-0002']);
});

test('without past runs nothing is known', () => {
  expect(pastRunFolders(join(reports, 'none'))).toEqual([]);
  expect(pastDurations(join(reports, 'none'), 'docker', ['S-CONC-01']).size).toBe(0);
});
