import type { MetadataScan } from '../history/collected.ts';

/** Event name → field name → kind (`count`, `ms`, `bytes`, `time`, `token`, `level`, `code`, or the words `a|b|c`). */
export type LogEvents = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What must not show in relay logs and pages: an id, a name or an address as text. */
export interface Identifier {
  readonly label: string;
  readonly text: string;
}

/**
 * Judges each line of a relay's log; `events` null: lines are free text and only searched for identifiers.
 * A line that is nothing but the mark was planted by the tester.
 */
export function scanLogLines(
  text: string,
  events: LogEvents | null,
  identifiers: readonly Identifier[],
  mark: string,
): Pick<MetadataScan, 'logLines' | 'strayLines' | 'markFound'> {
  throw new Error(`not built yet: ${text.length} ${events === null} ${identifiers.length} ${mark.length}`);
}
