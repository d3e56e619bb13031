import { NodeError } from '../../support/errors.ts';
import { IdError, parseRelayId, type RelayId } from '../core/ids.ts';
import type { KnownRelay } from './identity.ts';

/** Where a relay is, as somebody typed it, and who it must be if they said so. */
export interface RelayAddress {
  /** `host:port`. */
  readonly address: string;
  readonly id: RelayId | null;
}

/** Reads `host:port` or `host:port/RELAY-ID`; throws NodeError BAD_RELAY_ADDRESS. */
export function parseRelayAddress(text: string): RelayAddress {
  const match = /^((?:\[[0-9A-Fa-f:.]+\]|[^:/[\]\s]+):(\d{1,5}))(?:\/(.*))?$/.exec(text);
  if (match === null || Number(match[2]) > 65_535 || Number(match[2]) === 0) throw bad(text);
  try {
    return { address: match[1]!, id: match[3] === undefined ? null : parseRelayId(match[3]) };
  } catch (error) {
    if (error instanceof IdError) throw bad(text);
    throw error;
  }
}

/**
 * The relays of a group: an address with an id stands for itself, one without takes the id that is known for its place in
 * the list. Throws NodeError RELAY_ID_UNKNOWN: a relay nobody vouched for is never dialled.
 */
export function knownRelays(addresses: readonly RelayAddress[], ids: readonly RelayId[]): KnownRelay[] {
  return addresses.map(({ address, id }, index) => {
    const known = id ?? ids[index];
    if (known !== undefined) return { address, id: known };
    throw new NodeError(
      'RELAY_ID_UNKNOWN',
      `relay ${JSON.stringify(address)}: its id is not known; write it as host:port/RELAY-ID (the relay prints its id when it starts)`,
      { definite: true },
    );
  });
}

function bad(text: string): NodeError {
  return new NodeError(
    'BAD_RELAY_ADDRESS',
    `relay: expected host:port or host:port/RELAY-ID with an id of 43 characters, got ${JSON.stringify(text)}`,
    { definite: true },
  );
}
