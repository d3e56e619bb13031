import { assert } from '../../support/assert.ts';
import { utf8 } from '../../support/bytes.ts';
import type { SearchHit, SourceKind, SourceSearch } from '../history/collected.ts';
import { openCompressedStreams } from './compressed-streams.ts';
import { encodedForms } from './encodings.ts';
import { PatternIndex } from './pattern-index.ts';

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

/** Fewer bytes than this would be found by accident. */
export const canaryBytesMin = 8;
/** Streams inside a stream inside the source. */
const nestingMax = 2;

/** Searches every source for every canary and the mark, in every encoding. */
export function searchSources(
  sources: readonly RawSource[],
  canaries: readonly SearchedCanary[],
  mark: string,
): SourceSearch[] {
  const prepared = prepareSearch(canaries, mark);
  return sources.map((source) => prepared.search(source));
}

/**
 * Makes a search ready; `mark` is the text of the positive control, found by the same code as the canaries.
 *
 * Per canary and encoding the first hit is reported. The offset of a hit inside a compressed stream (`gzip>raw`) is where
 * that stream starts in the source.
 */
export function prepareSearch(canaries: readonly SearchedCanary[], mark: string): PreparedSearch {
  const planted = [{ label: null, bytes: utf8(mark) }, ...canaries];
  for (const { label, bytes } of planted) {
    assert(bytes.length >= canaryBytesMin, `${label ?? 'the mark'} has at least ${canaryBytesMin} bytes to search for`);
  }
  const forms = planted.flatMap(({ label, bytes }) => encodedForms(bytes).map((form) => ({ label, ...form })));
  const index = new PatternIndex(forms.map((form) => form.bytes));

  return {
    search({ source, kind, bytes, opaque = false }) {
      const hits = new Map<string, SearchHit>();
      let markFound = false;
      const look = (part: Uint8Array, path: string, offset: number | null, nesting: number): void => {
        for (const found of index.firstHits(part)) {
          const { label, encoding } = forms[found.pattern]!;
          if (label === null) markFound = true;
          else addHit(hits, { canary: label, encoding: path + encoding, offset: offset ?? found.offset });
        }
        if (nesting === nestingMax) return;
        for (const inner of openCompressedStreams(part)) {
          look(inner.bytes, `${path}${inner.format}>`, offset ?? inner.offset, nesting + 1);
        }
      };
      look(bytes, '', null, 0);
      return { source, kind, bytes: bytes.length, markFound, opaque, hits: [...hits.values()] };
    },
  };
}

function addHit(hits: Map<string, SearchHit>, hit: SearchHit): void {
  const key = JSON.stringify([hit.canary, hit.encoding]);
  const known = hits.get(key);
  if (known === undefined || hit.offset < known.offset) hits.set(key, hit);
}
