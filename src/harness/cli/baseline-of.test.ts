import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Baseline } from '../history/baseline.ts';
import { loadSystem } from '../scenario/load-system.ts';
import { openSimulator } from '../simulator/simulated-arena.ts';
import { type BaselineRequest, baselineOf } from './baseline-of.ts';
import { referenceSystem } from './project.ts';

const arena = await openSimulator();
const system = loadSystem(referenceSystem);
const folder = mkdtempSync(join(tmpdir(), 'baselines-'));
let lines: string[] = [];
const of = (more: Partial<BaselineRequest> = {}) =>
  baselineOf({
    arena,
    system,
    image: 'test',
    say: (line) => lines.push(line),
    folder,
    runs: { handshakes: 2, syncs: 1 },
    ...more,
  });
const file = () => join(folder, readdirSync(folder)[0]!);

beforeEach(() => {
  lines = [];
});
afterAll(async () => {
  await arena.close();
  rmSync(folder, { recursive: true });
});

test('it is measured once, said in one line, and used again', async () => {
  const measured = await of();
  expect(lines[0]).toBe('baseline  measuring the clean network (none is kept for this host and these images)');
  expect(lines[1]).toMatch(/^baseline {2}1 MiB synced in .*, handshake .*, relay memory not taken; .*kept for 24 h$/);
  lines = [];
  expect(await of()).toEqual(measured);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('measured');
});

test.each([
  ['is old', { takenAt: new Date(Date.now() - 25 * 3_600_000).toISOString() }, 'the kept one is 25 h 00 min old'],
  ['is of the future', { takenAt: new Date(Date.now() + 3_600_000).toISOString() }, 'taken in the future'],
  ['is of another host', { host: 'elsewhere' }, 'of another host or other images'],
  ['is of other images', { system: 'other' }, 'of another host or other images'],
  ['has a figure that is none', { handshake: { runs: 20, medianMs: 'fast', p99Ms: 1 } }, 'cannot be read'],
  ['has lost a figure', { sync: undefined }, 'cannot be read'],
])('a kept one that %s is measured anew, and why is said', async (_what, change, because) => {
  const sound = JSON.parse(readFileSync(file(), 'utf8')) as Baseline;
  writeFileSync(file(), JSON.stringify({ ...sound, ...change }));
  const { takenAt: _then, ...figures } = sound;
  expect(await of()).toMatchObject(figures);
  expect(lines[0]).toContain(because);
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject(figures);
});

test('it is measured anew when that is asked for', async () => {
  await of({ anew: true });
  expect(lines[0]).toBe('baseline  measuring the clean network (asked for)');
});

test('where it cannot be kept it is good for this run', async () => {
  const baseline = await of({ folder: join(file(), 'below-a-file') });
  expect(baseline.handshake).not.toBeNull();
  expect(lines[1]).toContain('not kept (');
});
