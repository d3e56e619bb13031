import type { MetadataScan } from '../history/collected.ts';
import type { Identifier } from './log-lines.ts';

export interface PageScan {
  readonly strayPages: MetadataScan['strayPages'];
  /** The mark, added to the page after it was fetched, was found by the search that looks for identifiers. */
  readonly markFound: boolean;
}

/** Judges one health or metrics page: totals only, and none of the identifiers. */
export function scanPage(
  name: string,
  text: string,
  kind: 'health' | 'metrics',
  identifiers: readonly Identifier[],
  mark: string,
): PageScan {
  throw new Error(`not built yet: ${name} ${text.length} ${kind} ${identifiers.length} ${mark.length}`);
}
