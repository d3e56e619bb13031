import { toHex } from '../../support/bytes.ts';
import type { Clock } from '../../support/clock.ts';
import type { LogSink, RandomSource } from './ports.ts';

export const logLevels = ['info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a field may hold: a number of things, ms or bytes, an opaque token, places in our own code, or one of a set. */
export type FieldKind = 'count' | 'ms' | 'bytes' | 'token' | 'places' | readonly string[];

/** Every event a program may log, with its level and all of its fields. Plain data, so that a reader can check lines. */
export type EventTable = Readonly<
  Record<string, { readonly level: LogLevel; readonly fields: Readonly<Record<string, FieldKind>> }>
>;

/** Ties the lines of one session together and says nothing else. Only drawing one makes one. */
export class LogToken {
  /** Eight hexadecimal digits. */
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static draw(random: RandomSource): LogToken {
    return new LogToken(toHex(random.bytes(4)));
  }
}

/** Where in our own code something was thrown, and nothing of what the error says. */
export class CodePlaces {
  /** Such as `src/sut/relay/session.ts:12`, innermost first. */
  readonly list: readonly string[];

  private constructor(list: readonly string[]) {
    this.list = list;
  }

  static of(error: unknown): CodePlaces {
    if (!(error instanceof Error) || typeof error.stack !== 'string') return new CodePlaces([]);
    // The stack opens with the message, which may say anything, in any number of lines.
    const frames = error.stack.split('\n').slice(String(error.message).split('\n').length);
    const places = frames.map((frame) => /\/(src\/[a-z0-9/.-]+\.ts:\d+):\d+\)?$/.exec(frame)?.[1]);
    return new CodePlaces(places.filter((place) => place !== undefined).slice(0, 12));
  }
}

type FieldValue<Kind extends FieldKind> = Kind extends readonly (infer Word)[]
  ? Word
  : Kind extends 'token'
    ? LogToken
    : Kind extends 'places'
      ? CodePlaces
      : number;

export type EventFields<Table extends EventTable, Name extends keyof Table> = {
  readonly [Field in keyof Table[Name]['fields']]: FieldValue<Table[Name]['fields'][Field]>;
};

export interface EventLogOptions<Table extends EventTable> {
  readonly table: Table;
  readonly level: LogLevel;
  readonly clock: Clock;
  readonly sink: LogSink;
}

/**
 * Writes one JSON line per event: `atMs`, `level`, `event` and the fields the table names.
 *
 * The table is the whole redaction: no kind of field can hold an id, a name, an address or a text, whatever a caller
 * passes, so a new line cannot leak by accident. A call that does not fit the table is a bug here; it throws and
 * writes nothing.
 */
export class EventLog<Table extends EventTable> {
  readonly #options: EventLogOptions<Table>;

  constructor(options: EventLogOptions<Table>) {
    this.#options = options;
  }

  write<Name extends keyof Table & string>(event: Name, fields: EventFields<Table, Name>): void {
    const { table, level, clock, sink } = this.#options;
    const definition = Object.hasOwn(table, event) ? table[event] : undefined;
    if (definition === undefined) throw new Error('event log: the event is not in the table');
    const line: Line = { atMs: clock.wallMs(), level: definition.level, event };
    addChecked(line, event, definition.fields, fields);
    if (logLevels.indexOf(definition.level) > logLevels.indexOf(level)) return;
    sink(JSON.stringify(line));
  }
}

type Line = Record<string, LoggedValue>;

function addChecked(
  line: Line,
  event: string,
  kinds: Readonly<Record<string, FieldKind>>,
  given: Readonly<Record<string, unknown>>,
): void {
  const names = Object.keys(kinds);
  if (Object.keys(given).length !== names.length) throw new Error(`event log: ${event}: other fields than its own`);
  for (const name of names) line[name] = checkedValue(event, name, kinds[name]!, given[name]);
}

type LoggedValue = string | number | readonly string[];

/** The message names the field and its kind, never the value. */
function checkedValue(event: string, field: string, kind: FieldKind, value: unknown): LoggedValue {
  if (kind === 'token') {
    if (value instanceof LogToken) return value.text;
  } else if (kind === 'places') {
    if (value instanceof CodePlaces) return value.list;
  } else if (typeof kind === 'string') {
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return Math.round(value);
  } else if (typeof value === 'string' && kind.includes(value)) {
    return value;
  }
  throw new Error(`event log: ${event}.${field}: not of its kind`);
}

/** The table as a reader of lines needs it: event → field → kind; the words of a set are joined by `|`. */
export function describeEvents(table: EventTable): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(table).map(([event, { fields }]) => [
      event,
      Object.fromEntries(
        Object.entries(fields).map(([name, kind]) => [name, typeof kind === 'string' ? kind : kind.join('|')]),
      ),
    ]),
  );
}
