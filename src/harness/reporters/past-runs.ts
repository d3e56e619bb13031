import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../runner/results.ts';
import { resultsFileName } from './results-file.ts';
import { historyFileName } from './run-folder.ts';

/** So many of the newest runs are asked how long things take. */
const runsAsked = 20;

/** Folders of past runs, the newest first: their names begin with the time they started. */
export function pastRunFolders(reports: string): string[] {
  if (!existsSync(reports)) return [];
  return readdirSync(reports)
    .filter((name) => /^\d{8}-\d{6}-/.test(name) && existsSync(join(reports, name, historyFileName)))
    .toSorted()
    .toReversed()
    .map((name) => join(reports, name));
}

/**
 * Results of the newest runs that came to an end, the newest first, until so many of them count; those that do not are
 * among them. One that cannot be read is passed over, and so is a shard that a newer run was joined from.
 */
export function pastResults(reports: string, most: number, counts: (result: RunResult) => boolean): RunResult[] {
  const results: RunResult[] = [];
  const shards = new Set<string>();
  for (const folder of pastRunFolders(reports)) {
    if (results.filter(counts).length === most) break;
    const result = resultIn(folder);
    for (const shard of result?.joinedFrom ?? []) shards.add(shard);
    if (result !== null && !shards.has(result.run)) results.push(result);
  }
  return results;
}

/**
 * What an iteration of each of these scenarios took on average in the newest run that had it, in milliseconds. Only the
 * order of a run rests on it, so a result that cannot be read is passed over.
 */
export function pastDurations(
  reports: string,
  arena: RunResult['arena'],
  scenarios: readonly string[],
): ReadonlyMap<string, number> {
  const known = new Map<string, number>();
  for (const folder of pastRunFolders(reports).slice(0, runsAsked)) {
    if (scenarios.every((id) => known.has(id))) break;
    const result = resultIn(folder);
    if (result?.arena !== arena) continue;
    for (const { id, iterations } of result.scenarios) {
      if (known.has(id) || iterations.length === 0) continue;
      known.set(id, iterations.reduce((sum, { durationMs }) => sum + durationMs, 0) / iterations.length);
    }
  }
  return known;
}

function resultIn(folder: string): RunResult | null {
  try {
    const result = JSON.parse(readFileSync(join(folder, resultsFileName), 'utf8')) as RunResult;
    // Older runs do not name their defects.
    return { ...result, defects: result.defects ?? [] };
  } catch {
    return null;
  }
}
