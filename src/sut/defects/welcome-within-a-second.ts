import type { Timer } from '../../support/clock.ts';
import { type ChannelEvent, SecureChannel } from '../core/secure-channel.ts';
import type { Connection, ConnectionEvents } from '../io/transport.ts';
import type { Defect } from './defect.ts';

const welcomeMs = 1000;

export const welcomeWithinASecond: Defect = {
  name: 'welcome-within-a-second',
  about:
    'The node waits one second for the relay’s WELCOME, whatever the link: over a satellite it never gets in, though every byte arrives.',
  node: (parts) => {
    const { clock, dialer } = parts.ports;
    let dialled: { readonly connection: Connection; readonly events: ConnectionEvents } | null = null;

    class Impatient extends SecureChannel {
      #timer: Timer | null = null;

      override receive(chunk: Uint8Array): ChannelEvent[] {
        const events = super.receive(chunk);
        if (events.some(({ kind }) => kind === 'established')) this.#timer = clock.setTimer(welcomeMs, giveUp(dialled));
        if (events.some(({ kind }) => kind === 'envelope')) this.#timer?.cancel();
        return events;
      }

      override close(): void {
        this.#timer?.cancel();
        super.close();
      }
    }

    return {
      ...parts,
      ports: {
        ...parts.ports,
        dialer: {
          dial(address, events) {
            const connection = dialer.dial(address, events);
            dialled = { connection, events };
            return connection;
          },
        },
      },
      openChannel: (options) => new Impatient(options),
    };
  },
};

function giveUp(dialled: { readonly connection: Connection; readonly events: ConnectionEvents } | null): () => void {
  return () => {
    dialled?.connection.destroy();
    dialled?.events.closed('broken');
  };
}
