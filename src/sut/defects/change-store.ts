import type { NodeChange, NodeParts } from '../node/parts.ts';
import type { NodeStore } from '../node/store.ts';
import type { RelayChange, RelayParts } from '../relay/parts.ts';
import type { RelayStore } from '../relay/relay-store.ts';

/** A relay whose store is of a class derived from the one it has, so that several changes of it add up. */
export function withRelayStore(derive: (base: typeof RelayStore, parts: RelayParts) => typeof RelayStore): RelayChange {
  return (parts) => {
    const derived = derive(parts.store.constructor as typeof RelayStore, parts);
    return { ...parts, store: new derived(parts.database, parts.ports.clock, parts.config) };
  };
}

/** The same for a node. */
export function withNodeStore(derive: (base: typeof NodeStore, parts: NodeParts) => typeof NodeStore): NodeChange {
  return (parts) => {
    const derived = derive(parts.store.constructor as typeof NodeStore, parts);
    return { ...parts, store: new derived(parts.database, parts.identity.id) };
  };
}
