import type { Message } from '../core/messages.ts';
import type { Connection } from '../io/transport.ts';
import type { RelayParts } from '../relay/parts.ts';
import type { Defect } from './defect.ts';

/** More than a slow device can be behind in one go. */
const itemsMax = 1000;

/** Nobody learns how much waits in it, so nothing bounds it. */
function withoutBound(connection: Connection): Connection {
  return {
    peerAddress: connection.peerAddress,
    unsentBytes: 0,
    send: (bytes) => connection.send(bytes),
    close: () => connection.close(),
    destroy: () => connection.destroy(),
  };
}

/** With each new item the device is sent all that it has not reported as read, over and over while it is behind. */
function generous(base: RelayParts['session']): RelayParts['session'] {
  return class extends base {
    readonly #parts: RelayParts;

    constructor(...[parts, connection, owner]: ConstructorParameters<typeof base>) {
      super(parts, withoutBound(connection), owner);
      this.#parts = parts;
    }

    override announce(message: Message): void {
      super.announce(message);
      if (message.type === 'NOTIFY') this.#sendUnread().catch(this.#parts.fatal);
    }

    async #sendUnread(): Promise<void> {
      const { blobs } = await this.#parts.store.pull(this.groupId!, this.acknowledged.cursor, itemsMax);
      for (const { blobId, payload } of blobs) this.send({ type: 'PUSH', blobId, payload, ttl: 0 });
    }
  };
}

export const unreadSentAgain: Defect = {
  name: 'unread-sent-again',
  about:
    'With each new item the relay sends a device all that it has not read yet, without any bound on what waits for it: one device on a slow line fills the relay’s memory.',
  relay: (parts) => ({ ...parts, session: generous(parts.session) }),
};
