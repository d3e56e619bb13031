import { sealOverheadBytes } from '../../contract/wire.ts';
import { concat, utf8 } from '../../support/bytes.ts';
import type { Arrival, ArrivalResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

/** As long as a sealed name, so that the message still fits its layout. */
const unsealed = (name: string): Uint8Array => concat(new Uint8Array(sealOverheadBytes), utf8(name));
const nameIn = (field: Uint8Array): string => new TextDecoder().decode(field.subarray(sealOverheadBytes));

/** The relay of a correct node cannot log a name, it has none: it takes both halves. */
export const deviceNameInRelayLog: Defect = {
  name: 'device-name-in-relay-log',
  about:
    'Nodes send their device name unsealed and the relay logs it when they enter: the relay’s operator and its logs know who syncs with whom.',
  node: (parts) => ({
    ...parts,
    sealer: (group) => ({
      ...parts.sealer(group),
      sealName: (_device, name) => unsealed(name),
      openName: (_device, sealed) => nameIn(sealed),
    }),
  }),
  relay: withRelayStore(
    (base, { ports }) =>
      class extends base {
        override enter(arrival: Arrival): Promise<ArrivalResult> {
          const name = nameIn(arrival.sealedName);
          // Past the event log, which has no kind of field for a text.
          ports.log(JSON.stringify({ atMs: ports.clock.wallMs(), level: 'info', event: 'device-entered', name }));
          return super.enter(arrival);
        }
      },
  ),
};
