import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EnvironmentError } from '../../support/errors.ts';
import { secretFileAt } from './secret-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('nothing is there before the first write; then the last one, readable by its owner alone, and nothing beside it', () => {
  const file = secretFileAt(join(folder, 'device.key'));
  expect(file.read()).toBeNull();
  file.write(new Uint8Array([1, 2, 3]));
  file.write(new Uint8Array([4]));
  expect(file.read()).toEqual(new Uint8Array([4]));
  expect(statSync(join(folder, 'device.key')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['device.key']);
});

test('a folder that is not there is named', () => {
  const file = secretFileAt(join(folder, 'missing', 'device.key'));
  expect(() => file.write(new Uint8Array(1))).toThrow(EnvironmentError);
  expect(() => secretFileAt(folder).read()).toThrow(EnvironmentError);
});
