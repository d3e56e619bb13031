import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { ScenarioError } from '../../support/errors.ts';
import type { KnownDefects } from './check-names.ts';
import { loadScenario } from './load-scenario.ts';
import type { Scenario } from './scenario.ts';
import { categoryOf, idPattern, topologies } from './scenario-file.ts';
import { YamlFile } from './yaml-file.ts';

const row = z.strictObject({
  id: z.string().regex(idPattern, 'a scenario ID such as "S-CONC-01"'),
  name: z.string(),
  topologies: z.array(z.enum(topologies)).min(1),
  iterations: z.number().int().positive(),
  tags: z.array(z.string()),
});
const rows = z.array(row).min(1);

/** One scenario of the catalogue, built or not. */
export type CatalogueRow = z.output<typeof row>;

/** The catalogue and the scenarios that are built, in the catalogue's order. */
export interface Catalogue {
  readonly rows: readonly CatalogueRow[];
  readonly scenarios: readonly Scenario[];
}

/**
 * Reads `catalogue.yml` and every scenario file below `folder`, and compares the two: ID, name, topology, iterations
 * and tags. Throws one ScenarioError with every problem of every file.
 * `defects`: which the scenarios may plant; null where that is not asked.
 */
export function loadCatalogue(folder: string, defects: KnownDefects | null = null): Catalogue {
  expectCatalogue(folder);
  const shown = (path: string) => relative(process.cwd(), path);
  const file = YamlFile.read(shown(join(folder, 'catalogue.yml')), join(folder, 'catalogue.yml'));
  const read = file.check(rows) ?? [];
  file.throwIfWrong();

  const problems: string[] = [];
  const scenarios: Scenario[] = [];
  for (const path of scenarioFiles(folder)) {
    try {
      const scenario = loadScenario(shown(path), path, defects);
      problems.push(...differences(scenario, shown(path), read));
      scenarios.push(scenario);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      problems.push(...error.problems);
    }
  }
  problems.push(...repeated(scenarios));
  if (problems.length > 0) throw new ScenarioError(problems);
  const order = new Map(read.map((entry, index) => [entry.id, index]));
  return { rows: read, scenarios: scenarios.toSorted((one, other) => order.get(one.id)! - order.get(other.id)!) };
}

function expectCatalogue(folder: string): void {
  const name = join(folder, 'catalogue.yml');
  if (existsSync(name)) return;
  throw new ScenarioError(
    `${name}: expected the catalogue of a folder of scenarios, got no such file; see scenarios for one`,
  );
}

function scenarioFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yml') && name !== 'catalogue.yml' && name !== 'standing-defects.yml')
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path))
    .toSorted();
}

/** How a scenario file differs from its row; a file's name must be `<category>/<ID>-<name>.yml`. */
function differences(scenario: Scenario, path: string, catalogue: readonly CatalogueRow[]): string[] {
  const found = catalogue.find((entry) => entry.id === scenario.id);
  if (found === undefined) return [`${path}: expected an ID of the catalogue, got "${scenario.id}"`];
  const problems: string[] = [];
  const compare = (field: string, expected: unknown, got: unknown) => {
    if (JSON.stringify(expected) === JSON.stringify(got)) return;
    problems.push(
      `${path} ${field}: expected ${JSON.stringify(expected)} as in the catalogue, got ${JSON.stringify(got)}`,
    );
  };
  compare('name', found.name, scenario.name);
  compare('topology', found.topologies, topologiesOf(scenario));
  compare('iterations', found.iterations, scenario.iterations);
  compare('tags', found.tags, scenario.tags);
  const expectedEnd = `${categoryOf(scenario.id)}/${scenario.id}-${scenario.name}.yml`;
  if (!path.endsWith(expectedEnd)) problems.push(`${path}: expected the file to be named ${expectedEnd}`);
  return problems;
}

/** A variant may put the tester's tap into the pair it runs on, to strike at a chosen record: that is `pair` still. */
function topologiesOf({ topology, variants }: Scenario): readonly string[] {
  const others = variants.filter(({ turn }) => turn !== 'sweep').map((variant) => variant.topology);
  return [...new Set([topology, ...others.map((other) => (topology === 'pair' && other === 'mitm' ? 'pair' : other))])];
}

function repeated(scenarios: readonly Scenario[]): string[] {
  return scenarios
    .filter((scenario, index) => scenarios.findIndex((other) => other.id === scenario.id) !== index)
    .map((scenario) => `${scenario.file}: expected each ID once, got ${scenario.id} again`);
}
