import { assert } from '../../support/assert.ts';
import { utf8 } from '../../support/bytes.ts';
import type { SearchHit, SourceSearch } from '../history/collected.ts';
import { openCompressedStreams } from './compressed-streams.ts';
import { encodedForms } from './encodings.ts';
import { PatternIndex } from './pattern-index.ts';
import type { RawSource } from './raw-source.ts';

export type { RawSource } from './raw-source.ts';

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

  const searchPiece = (bytes: Uint8Array): Findings => {
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
    return { markFound, hits: [...hits.values()] };
  };
  // Two capture points that saw the same bytes hand in the same array for them.
  const known = new WeakMap<Uint8Array, Findings>();
  const findingsIn = (piece: Uint8Array): Findings => {
    const findings = known.get(piece) ?? searchPiece(piece);
    known.set(piece, findings);
    return findings;
  };

  return {
    // The bytes of a source of pieces are joined when they are read, so nothing here reads them but a search of them.
    search(raw) {
      const { source, kind, opaque = false } = raw;
      const hits = new Map<string, SearchHit>();
      let markFound = false;
      let bytes = 0;
      for (const piece of raw.pieces ?? [raw.bytes]) {
        const found = findingsIn(piece);
        markFound ||= found.markFound;
        for (const hit of found.hits) addHit(hits, { ...hit, offset: bytes + hit.offset });
        bytes += piece.length;
      }
      return { source, kind, bytes, markFound, opaque, hits: [...hits.values()] };
    },
  };
}

type Findings = Pick<SourceSearch, 'markFound' | 'hits'>;

function addHit(hits: Map<string, SearchHit>, hit: SearchHit): void {
  const key = JSON.stringify([hit.canary, hit.encoding]);
  const known = hits.get(key);
  if (known === undefined || hit.offset < known.offset) hits.set(key, hit);
}
