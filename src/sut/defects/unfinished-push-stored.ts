import type { Message } from '../core/messages.ts';
import type { RelayParts } from '../relay/parts.ts';
import { KeepingReader, storeBegun } from './begun-frame.ts';
import type { Defect } from './defect.ts';

/** Each time it tells how much has come it puts that in its place. */
function hasty(base: RelayParts['session']): RelayParts['session'] {
  return class extends base {
    readonly #store: () => void;

    constructor(...[parts, connection, owner]: ConstructorParameters<typeof base>) {
      const reader = new KeepingReader();
      const openChannel: RelayParts['openChannel'] = (options) =>
        parts.openChannel({ ...options, newFrameReader: () => reader });
      super({ ...parts, openChannel }, connection, owner);
      this.#store = () => storeBegun(parts, reader.begun);
    }

    override send(message: Message): void {
      if (message.type === 'PROGRESS') this.#store();
      super.send(message);
    }
  };
}

export const unfinishedPushStored: Defect = {
  name: 'unfinished-push-stored',
  about:
    'The relay stores what has come of a slow push under the id of the whole, before the rest is there to verify: other devices read half an item that opens on none, and the whole one is refused because its id is taken.',
  relay: (parts) => ({ ...parts, session: hasty(parts.session) }),
};
