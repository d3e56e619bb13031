import type { SourceSearch } from '../history/collected.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Clauses } from './clauses.ts';
import { judgeAbsence, missingPart } from './missing.ts';
import { witnessesOf } from './witnesses.ts';

/**
 * Judges whether the searches covered what they must: every kind of source, every log, every capture point, with the
 * positive control found by the same search. What is not covered is unknown, never clean.
 *
 * A control is demanded of each log, page, capture and opened stream; of each database as a whole, because a marked
 * row lies in the file or in its write-ahead log; and of one of the files.
 */
export function judgeCoverage(record: TrialRecord, clauses: Clauses): void {
  const { searches } = record.collected;
  judgeLogs(record, clauses);
  judgeKind(record, clauses, 'file', (found) => [found]);
  if (record.can.includes('rows')) judgeKind(record, clauses, 'database', byDatabase);
  else clauses.notRun('databases (they cannot be read)');
  if (record.can.includes('pages')) judgeKind(record, clauses, 'page', one);
  else clauses.notRun('pages (the system has none)');
  judgeCaptures(record, clauses);
  if (!record.can.includes('hooks')) clauses.notRun('frames inside the sessions (no keys: captures are opaque)');
  else judgeKind(record, clauses, 'frames', one);
  clauses.holds(`${searches.length} sources searched, ${sum(searches)} bytes`);
}

function one(found: readonly SourceSearch[]): readonly (readonly SourceSearch[])[] {
  return found.map((search) => [search]);
}

/** A database and its `-wal`, `-shm` and `-journal` belong together. */
function byDatabase(found: readonly SourceSearch[]): readonly (readonly SourceSearch[])[] {
  return [...Map.groupBy(found, ({ source }) => source.replace(/-(wal|shm|journal)$/, '')).values()];
}

function judgeKind(
  record: TrialRecord,
  clauses: Clauses,
  kind: SourceSearch['kind'],
  groups: (found: readonly SourceSearch[]) => readonly (readonly SourceSearch[])[],
): void {
  const found = record.collected.searches.filter((search) => search.kind === kind);
  if (found.length === 0) judgeAbsence(record, clauses, `searches.${kind}`, `search of a source of kind ${kind}`);
  for (const group of groups(found)) judgeMark(group, clauses);
}

function judgeMark(group: readonly SourceSearch[], clauses: Clauses): void {
  if (group.length === 0 || group.some(({ markFound, bytes }) => markFound && bytes > 0)) return;
  const names = group.slice(0, 3).map(({ source }) => source);
  clauses.unknown(`the mark was not found in ${names.join(', ')}${group.length > 3 ? ', …' : ''}`);
}

/** The relay’s, each node’s and, in containers, the proxy’s. */
function judgeLogs(record: TrialRecord, clauses: Clauses): void {
  const logs = record.collected.searches.filter(({ kind }) => kind === 'log');
  const places = ['relay', ...record.nodes, ...(record.arena === 'docker' ? ['toxiproxy'] : [])];
  for (const place of places) {
    if (!logs.some(({ source }) => source.includes(place))) {
      judgeAbsence(record, clauses, `searches.${place}-log`, `search of the log of ${place}`);
    }
  }
  for (const log of logs) judgeMark([log], clauses);
}

/** An empty or partial capture proves nothing: its packets must be as many as the interface counted. */
function judgeCaptures(record: TrialRecord, clauses: Clauses): void {
  for (const point of ['relay', ...record.nodes]) {
    const capture = record.collected.captures.find((candidate) => candidate.point === point);
    const search = record.collected.searches.find(({ kind, source }) => kind === 'capture' && source.includes(point));
    if (capture === undefined) {
      judgeAbsence(record, clauses, `captures.${point}`, `capture at ${point}`);
      continue;
    }
    const missing = missingPart(record, `captures.${point}`);
    if (missing !== null) judgeAbsence(record, clauses, `captures.${point}`, `capture at ${point}`);
    else if (capture.packets === 0 || capture.bytes === 0) clauses.unknown(`the capture at ${point} is empty`);
    else if (capture.packetsCounted !== null && capture.packets < capture.packetsCounted) {
      clauses.unknown(`the capture at ${point} has ${capture.packets} of ${capture.packetsCounted} packets`);
    } else if (!capture.markFound) clauses.unknown(`the marked packet is not in the capture at ${point}`);
    if (search === undefined)
      judgeAbsence(record, clauses, `searches.capture:${point}`, `search of the capture at ${point}`);
    else judgeMark([search], clauses);
  }
}

function sum(searches: readonly SourceSearch[]): number {
  return searches.reduce((total, { bytes }) => total + bytes, 0);
}

/** How many canaries of each label were searched for; null when nobody wrote it down. */
export function searchedCanaries(record: TrialRecord): Readonly<Record<string, number>> | null {
  return witnessesOf(record, 'canaries').at(-1)?.value.labels ?? null;
}

/** The hits of a search as witnesses: label, place, encoding and offset, never the value. */
export function hitsOf(searches: readonly SourceSearch[], counts: (canary: string, source: SourceSearch) => boolean) {
  return searches.flatMap((search) =>
    search.hits
      .filter(({ canary }) => counts(canary, search))
      .map(({ canary, encoding, offset }) => `${canary} in ${search.source} at ${offset} (${encoding})`),
  );
}

/** A device name is a canary of the metadata check; a node’s own log may name its device. */
export function isDeviceName(canary: string): boolean {
  return canary.startsWith('device-name');
}
