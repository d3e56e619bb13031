import { errorCodes } from '../../contract/wire.ts';
import type { MetadataScan } from '../history/collected.ts';
import { findMarked, type Identifier } from './identifier-search.ts';

export type { Identifier } from './identifier-search.ts';

/** Event name → field name → kind (`count`, `ms`, `bytes`, `time`, `token`, `level`, `code`, or the words `a|b|c`). */
export type LogEvents = Readonly<Record<string, Readonly<Record<string, string>>>>;

type StrayLine = MetadataScan['strayLines'][number];

/** Enough to see what is wrong; a relay that logs freely must not fill the report. */
export const strayLinesMax = 100;

/**
 * Judges each line of a relay's log; `events` null: lines are free text and only searched for identifiers.
 *
 * A line is a JSON object whose `event` is in the list, with exactly that event's fields, each of its kind; beside them
 * `atMs` (kind time) and `level` may stand on any line. A line that is nothing but the mark was planted by the tester.
 * Lines count from 1. Of identifiers the first line per form is named. The problem never quotes the line.
 */
export function scanLogLines(
  text: string,
  events: LogEvents | null,
  identifiers: readonly Identifier[],
  mark: string,
): Pick<MetadataScan, 'logLines' | 'strayLines' | 'markFound'> {
  const lines = text.split('\n').map((line) => line.trim());
  const strays: StrayLine[] = [];
  const kindsOf = new Map<string, Kinds>();
  let judged = 0;
  let markFound = false;
  lines.forEach((line, index) => {
    if (line === '') return;
    if (line === mark) {
      markFound = true;
      return;
    }
    judged += 1;
    const problem = events === null ? null : lineProblem(line, events, kindsOf);
    if (problem !== null) strays.push({ line: index + 1, problem });
  });
  strays.push(...identifierLines(text, identifiers, mark));
  strays.sort((a, b) => a.line - b.line);
  return { logLines: judged, strayLines: strays.slice(0, strayLinesMax), markFound };
}

function identifierLines(text: string, identifiers: readonly Identifier[], mark: string): StrayLine[] {
  // The mark is judged by line; it is named here so that log and pages share one prepared search.
  const { hits } = findMarked(text, identifiers, mark);
  if (hits.length === 0) return [];
  const bytes = Buffer.from(text);
  return hits.map(({ label, encoding, offset }) => ({
    line: lineAt(bytes, offset),
    problem: `holds an identifier (${label}, ${encoding})`,
  }));
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at >= 0 && at < offset; at = bytes.indexOf(10, at + 1)) line += 1;
  return line;
}

/** What the names of events and fields may look like in a problem; others are not repeated, they may be the leak. */
const plainName = /^[a-z][A-Za-z0-9-]{0,40}$/;
/** May stand on every line. */
const commonFields: Readonly<Record<string, string>> = { atMs: 'time', level: 'level' };

/** What each field of an event may hold. */
type Kinds = ReadonlyMap<string, KindTest>;
type KindTest = (value: unknown) => boolean;

/** `kindsOf` is filled in with what is made ready of the events that are met. */
function lineProblem(line: string, events: LogEvents, kindsOf: Map<string, Kinds>): string | null {
  const parsed = parseObject(line);
  if (parsed === null) return 'expected a JSON object';
  const { event } = parsed;
  if (typeof event !== 'string' || !Object.hasOwn(events, event)) return 'its event is not in the closed list';
  const own = events[event]!;
  let kinds = kindsOf.get(event);
  if (kinds === undefined) {
    kinds = new Map(Object.entries({ ...commonFields, ...own }).map(([name, kind]) => [name, kindTest(kind)]));
    kindsOf.set(event, kinds);
  }
  for (const name of Object.keys(parsed)) {
    if (name === 'event') continue;
    const test = kinds.get(name);
    if (test === undefined) return `${event}: a field outside its list (${shown(name)})`;
    if (!test(parsed[name])) {
      return `${event}.${name}: expected the kind ${JSON.stringify(own[name] ?? commonFields[name])}`;
    }
  }
  for (const name in own) if (!Object.hasOwn(parsed, name)) return `${event}: without its field ${name}`;
  return null;
}

function shown(name: string): string {
  return plainName.test(name) ? name : `a name of ${name.length} characters`;
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isDuration = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** What each kind may hold; any other kind is a set of words. */
const kindTests: Readonly<Record<string, KindTest>> = {
  count: isCount,
  bytes: isCount,
  ms: isDuration,
  time: isDuration,
  token: (value) => typeof value === 'string' && /^[0-9a-f]{8}$/.test(value),
  level: (value) => typeof value === 'string' && ['error', 'warn', 'info', 'debug', 'trace'].includes(value),
  code: isCode,
};

/** A number or name of the protocol's errors, or an error code of the operating system, Node or SQLite. */
function isCode(value: unknown): boolean {
  if (typeof value === 'number') return Object.values<number>(errorCodes).includes(value);
  return (
    typeof value === 'string' && (Object.hasOwn(errorCodes, value) || /^(ERR_|SQLITE_|E)[A-Z0-9_]{1,40}$/.test(value))
  );
}

function kindTest(kind: string): KindTest {
  if (Object.hasOwn(kindTests, kind)) return kindTests[kind]!;
  const words = kind.split('|');
  return (value) => typeof value === 'string' && words.includes(value);
}
