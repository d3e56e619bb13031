import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const golden: unknown = JSON.parse(readFileSync(join(import.meta.dirname, 'golden.json'), 'utf8'));
const elsewhere = { cwd: '/', env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } };
const timeoutMs = 60_000;

/** What a program beside this file prints, in a process of its own. */
async function printed(program: string, args: readonly string[], place: object = {}): Promise<Record<string, string>> {
  const path = join(import.meta.dirname, program);
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], place);
  return JSON.parse(stdout) as Record<string, string>;
}

function fixedTrials(args: readonly string[], place: object = {}): Promise<Record<string, string>> {
  return printed('fixed-trials.test-program.ts', args, place);
}

describe('determinism of the simulator', () => {
  // After an intended change of system or simulator: the command that writes golden.json stands in the program.
  test(
    'fixed trials have the golden digests',
    async () => {
      expect(await fixedTrials(['fixed'])).toEqual(golden);
    },
    timeoutMs,
  );

  test(
    'and have them under guard, in another time zone, locale and working directory',
    async () => {
      expect(await fixedTrials(['--guarded', 'fixed'], elsewhere)).toEqual(golden);
    },
    timeoutMs,
  );

  test.each([
    'encryption/E-HS-01-first-message-cut-and-kem-bit-flip.yml',
    'sync/S-CONC-01-simultaneous-push.yml',
    'transport/T-LOSS-02-heavy-random-loss.yml',
  ])(
    '%s: iteration 7 alone is iteration 7 in a row, and nothing of it leaves the guard',
    async (file) => {
      const inRow = await fixedTrials(['--guarded', 'scenario', file, '6', '7'], elsewhere);
      const alone = await fixedTrials(['scenario', file, '7']);
      expect(Object.keys(inRow)).toHaveLength(2 * Object.keys(alone).length);
      expect(inRow).toMatchObject(alone);
      expect(new Set(Object.values(inRow)).size).toBe(Object.keys(inRow).length);
    },
    timeoutMs,
  );

  test(
    'the guard notices each way in which chance or the machine could enter',
    async () => {
      const during = 'was called during a simulated trial';
      expect(await printed('leaks.test-program.ts', [])).toEqual({
        'the wall clock': `Date.now ${during}`,
        'a new date': `new Date() ${during}`,
        'the monotonic clock': `performance.now ${during}`,
        chance: `Math.random ${during}`,
        'random bytes': `node:crypto.randomBytes ${during}`,
        'a timer': `global.setTimeout ${during}`,
        'a timer from before': 'asynchronous resources other than promises: Timeout',
        'a microtask': `global.queueMicrotask ${during}`,
        'a file': expect.stringMatching(/^asynchronous resources other than promises: /),
        'nothing of the kind': 'nothing',
      });
    },
    timeoutMs,
  );
});
