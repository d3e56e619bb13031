import { ScenarioError } from '../../support/errors.ts';
import { checkerSeesOnlyIds } from './checker-sees-only-ids.ts';
import { emptyCaptureTakenForClean } from './empty-capture-taken-for-clean.ts';
import { searchSkipsWal } from './search-skips-wal.ts';
import type { TesterDefect } from './tester-defect.ts';

/** Every defect of the tester that `prove` must catch. */
export const testerDefects: readonly TesterDefect[] = [checkerSeesOnlyIds, searchSkipsWal, emptyCaptureTakenForClean];

/** Throws ScenarioError for a name that no defect of the tester has. */
export function testerDefectNamed(name: string): TesterDefect {
  const found = testerDefects.find((defect) => defect.name === name);
  if (found !== undefined) return found;
  const names = testerDefects.map((defect) => defect.name).join(', ');
  throw new ScenarioError(`planted-in-tester: expected one of ${names}, got ${JSON.stringify(name)}`);
}
