import { resolve } from 'node:path';
import { testerDefects } from '../defects/registry.ts';
import type { KnownDefects } from '../scenario/check-names.ts';
import { defectNames } from '../simulator/system-changes.ts';
import { referenceSystem } from './project.ts';

/** The defects that scenarios may plant in the system of this folder. Another system knows its own best. */
export function knownDefects(system: string = referenceSystem): KnownDefects {
  return {
    system: resolve(system) === referenceSystem ? defectNames : null,
    tester: testerDefects.map(({ name }) => name),
  };
}
