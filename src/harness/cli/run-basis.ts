import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunBasis } from '../runner/run-request.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { Arena } from '../topology/topology.ts';
import { projectFolder, projectVersion } from './project.ts';

/**
 * What the verdicts of a run rest on: the tester, and the system with its images. The simulator's system is among the
 * sources.
 */
export function runBasis(system: SystemManifest, arena: Arena): RunBasis {
  const { name, version, folder } = system;
  const images = JSON.stringify(arena.facts.images ?? null);
  return {
    version: projectVersion(),
    sources: digestOf(join(projectFolder, 'src'), (file) => !file.includes('.test')),
    system: { name, version, digest: digestOf(folder, () => true, images) },
  };
}

/** SHA-256 of each scenario's file, by ID. */
export function scenarioDigests(scenarios: readonly Scenario[]): Map<string, string> {
  return new Map(
    scenarios.map(({ id, file }) => [id, createHash('sha256').update(readFileSync(file)).digest('hex')] as const),
  );
}

/** Over names and contents of the files below a folder. */
function digestOf(folder: string, counts: (file: string) => boolean, further = ''): string {
  const hash = createHash('sha256').update(further);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(counts)
    .toSorted();
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`\0${file.slice(folder.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
