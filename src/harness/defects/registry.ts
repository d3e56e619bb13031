import { checkerSeesOnlyIds } from './checker-sees-only-ids.ts';
import { emptyCaptureTakenForClean } from './empty-capture-taken-for-clean.ts';
import { searchSkipsWal } from './search-skips-wal.ts';
import type { TesterDefect } from './tester-defect.ts';

/** Every defect of the tester that `prove` must catch. */
export const testerDefects: readonly TesterDefect[] = [checkerSeesOnlyIds, searchSkipsWal, emptyCaptureTakenForClean];
