import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const connectionWishInMemoryOnly: Defect = {
  name: 'connection-wish-in-memory-only',
  about:
    'That the device is to keep itself connected is known to the running process only: after a crash it stays alone, with all that was saved on it, until somebody tells it to connect again.',
  node: withNodeStore(
    (base) =>
      class extends base {
        #wants = false;

        override async wantsConnection(): Promise<boolean> {
          return this.#wants;
        }

        override async setWantsConnection(wants: boolean): Promise<void> {
          this.#wants = wants;
        }
      },
  ),
};
