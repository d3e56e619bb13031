import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScenarioError } from '../../support/errors.ts';

/** The folder of the checkout. */
export const projectFolder = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

export const scenarioFolder = join(projectFolder, 'scenarios');
export const reportsFolder = join(projectFolder, 'reports');
export const referenceSystem = join(projectFolder, 'systems', 'reference');

export function projectVersion(): string {
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** The folder of a stored run, given as its ID or as a path to it; a ScenarioError where there is none. */
export function runFolderOf(reports: string, run: string): string {
  const folder = run.includes('/') ? run.replace(/\/$/, '') : join(reports, run);
  if (existsSync(folder)) return folder;
  throw new ScenarioError(`expected the ID of a run in ${reports} or the path of its folder, got "${run}"`);
}
