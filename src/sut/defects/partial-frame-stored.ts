import { SecureChannel } from '../core/secure-channel.ts';
import { KeepingReader, storeBegun } from './begun-frame.ts';
import type { Defect } from './defect.ts';

export const partialFrameStored: Defect = {
  name: 'partial-frame-stored',
  about:
    'The relay makes room for a whole frame when it begins, and takes what is there when the connection ends: half a push is stored as an item, which opens on no device, and the whole one is refused ever after because its id is taken.',
  relay: (parts) => ({
    ...parts,
    openChannel(options) {
      const reader = new KeepingReader();
      return new (class extends SecureChannel {
        override close(): void {
          storeBegun(parts, reader.begun);
          super.close();
        }
      })({ ...options, newFrameReader: () => reader });
    },
  }),
};
