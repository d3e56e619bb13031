import { relative } from 'node:path';
import { z } from 'zod';
import { ScenarioError } from '../../support/errors.ts';
import { standingChecks } from '../checkers/registry.ts';
import { checkDefects } from './check-names.ts';
import type { Planted } from './scenario.ts';
import { idPattern } from './scenario-file.ts';
import { YamlFile } from './yaml-file.ts';

/** The defects of the standing checks, and the scenario and variant they run on. */
export interface StandingDefects {
  readonly scenario: string;
  readonly variant: string;
  readonly defects: readonly Planted[];
}

/**
 * Reads `standing-defects.yml`; every standing check must have at least one defect of its own. `known`: the system's
 * defects; null where they are not known.
 */
export function loadStandingDefects(folder: string, known: readonly string[] | null = null): StandingDefects {
  const names = standingChecks.map((check) => check.name);
  const entry = z.strictObject({ defect: z.string(), 'caught-by': z.enum(names as [string, ...string[]]) });
  const schema = z.strictObject({
    scenario: z.string().regex(idPattern),
    variant: z.string(),
    defects: z.array(entry),
  });
  const path = `${folder}/standing-defects.yml`;
  const file = YamlFile.read(relative(process.cwd(), path), path);
  const read = file.check(schema);
  checkDefects(file, 'defects', 'system', known);
  file.throwIfWrong();
  const { scenario, variant, defects } = read!;
  const bare = names.filter((name) => !defects.some((defect) => defect['caught-by'] === name));
  if (bare.length > 0)
    throw new ScenarioError(`${path}: expected a defect for each standing check, got none for ${bare.join(', ')}`);
  return {
    scenario,
    variant,
    defects: defects.map((defect) => ({ defect: defect.defect, caughtBy: defect['caught-by'], except: null })),
  };
}
