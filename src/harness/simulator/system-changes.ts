import type { Hook } from '../../sut/node/control.ts';
import type { NodeChange } from '../../sut/node/parts.ts';
import type { RelayChange } from '../../sut/relay/parts.ts';

/** What the image of a stage adds to the correct system; made anew for each process. */
export interface SystemChanges {
  relay(): { readonly changes: readonly RelayChange[]; readonly hooks: Readonly<Record<string, Hook>> };
  node(): { readonly changes: readonly NodeChange[]; readonly hooks: Readonly<Record<string, Hook>> };
}

/** The release image: nothing at all. */
export const noChanges: SystemChanges = {
  relay: () => ({ changes: [], hooks: {} }),
  node: () => ({ changes: [], hooks: {} }),
};
