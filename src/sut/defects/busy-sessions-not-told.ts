import type { Message } from '../core/messages.ts';
import type { RelayParts } from '../relay/parts.ts';
import type { Defect } from './defect.ts';

/** Tells nothing to a session while a request of it is being served. */
function deafWhileBusy(base: RelayParts['session']): RelayParts['session'] {
  return class extends base {
    #isBusy: () => boolean;

    constructor(...[parts, connection, owner]: ConstructorParameters<typeof base>) {
      let open = 0;
      super(parts, connection, {
        gone: (session) => owner.gone(session),
        async serve(session, frame) {
          open += 1;
          try {
            await owner.serve(session, frame);
          } finally {
            open -= 1;
          }
        },
      });
      this.#isBusy = () => open > 0;
    }

    override announce(message: Message): void {
      if (!this.#isBusy()) super.announce(message);
    }
  };
}

export const busySessionsNotTold: Defect = {
  name: 'busy-sessions-not-told',
  about:
    'The relay leaves devices out of its announcements while it serves a request of theirs: with several devices at work some see the last items only when somebody saves another.',
  relay: (parts) => ({ ...parts, session: deafWhileBusy(parts.session) }),
};
