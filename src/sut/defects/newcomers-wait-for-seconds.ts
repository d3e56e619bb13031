import type { RelaySession } from '../relay/session.ts';
import type { Defect } from './defect.ts';

const waitMs = 4000;

const waiting = (base: typeof RelaySession) =>
  class extends base {
    #held: Uint8Array[] | null = [];

    constructor(...args: ConstructorParameters<typeof RelaySession>) {
      super(...args);
      const [{ ports }] = args;
      ports.clock.setTimer(waitMs, () => {
        const held = this.#held ?? [];
        this.#held = null;
        for (const chunk of held) super.received(chunk);
      });
    }

    override received(chunk: Uint8Array): void {
      if (this.#held === null) super.received(chunk);
      else this.#held.push(chunk);
    }
  };

export const newcomersWaitForSeconds: Defect = {
  name: 'newcomers-wait-for-seconds',
  about:
    'The relay reads the first bytes of a connection after four seconds: whoever comes from another network is without sync for as long, each time.',
  relay: (parts) => ({ ...parts, session: waiting(parts.session) }),
};
