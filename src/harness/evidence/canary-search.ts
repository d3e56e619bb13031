import type { SourceKind, SourceSearch } from '../history/collected.ts';

/** Bytes to be searched. Bytes that travelled or lay in several pieces are joined by the caller. */
export interface RawSource {
  /** Such as `relay-log`, `relay.db-wal`, `capture:relay`. */
  readonly source: string;
  readonly kind: SourceKind;
  readonly bytes: Uint8Array;
  /** Holds an encrypted session that could not be opened: searched, and never clean. */
  readonly opaque?: boolean;
}

/** What must be found nowhere: label (`content`, `passphrase`, …) and bytes, at least 8 of them. */
export interface SearchedCanary {
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** Canaries and mark made ready once, to be used over any number of sources. */
export interface PreparedSearch {
  search(source: RawSource): SourceSearch;
}

/** Makes a search ready; `mark` is the text of the positive control, found by the same code as the canaries. */
export function prepareSearch(canaries: readonly SearchedCanary[], mark: string): PreparedSearch {
  throw new Error(`not built yet: ${canaries.length} ${mark.length}`);
}

/** Searches every source for every canary and the mark, in every encoding. */
export function searchSources(
  sources: readonly RawSource[],
  canaries: readonly SearchedCanary[],
  mark: string,
): SourceSearch[] {
  const prepared = prepareSearch(canaries, mark);
  return sources.map((source) => prepared.search(source));
}
