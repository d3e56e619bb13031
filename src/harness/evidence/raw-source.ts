import type { SourceKind } from '../history/collected.ts';

/** Bytes to be searched. What travelled or lay in several pieces that belong together is joined by the caller. */
export interface RawSource {
  /** Such as `relay-log`, `relay.db-wal`, `capture:relay`. */
  readonly source: string;
  readonly kind: SourceKind;
  readonly bytes: Uint8Array;
  /** Holds an encrypted session that could not be opened: searched, and never clean. */
  readonly opaque?: boolean;
  /** The same bytes as pieces that do not belong together, to be searched one by one. */
  readonly pieces?: readonly Uint8Array[];
}

/** A source of pieces that do not belong together, such as streams. They are joined only if somebody asks. */
export function sourceOf(
  about: Pick<RawSource, 'source' | 'kind' | 'opaque'>,
  pieces: readonly Uint8Array[],
): RawSource & { readonly pieces: readonly Uint8Array[] } {
  return {
    ...about,
    pieces,
    get bytes() {
      return Buffer.concat(pieces);
    },
  };
}
