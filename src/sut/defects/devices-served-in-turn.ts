import type { Clock } from '../../support/clock.ts';
import type { Message } from '../core/messages.ts';
import type { RelayParts } from '../relay/parts.ts';
import type { Defect } from './defect.ts';

/** A device that has not taken an item after so long is passed over. */
const patienceMs = 5000;
const lookEveryMs = 5;

/**
 * After each push, and before the next one of the same device, every other device is waited for, one after the other,
 * until it has reported the item as read. Waiting for the write alone would show only where kernel and proxy take less
 * than the slow device is behind.
 */
function inTurn(base: RelayParts['session']): RelayParts['session'] {
  return class InTurn extends base {
    #toldCursor = 0;
    #isWaiting = false;

    constructor(...[parts, connection, owner]: ConstructorParameters<typeof base>) {
      super(parts, connection, {
        gone: (session) => owner.gone(session),
        async serve(session, frame) {
          const before = session.pushesIn;
          await owner.serve(session, frame);
          if (session.pushesIn > before) await (session as InTurn).#untilAllHave(parts);
        },
      });
    }

    override announce(message: Message): void {
      if (message.type === 'NOTIFY') this.#toldCursor = message.cursor;
      super.announce(message);
    }

    async #untilAllHave({ sessions, ports: { clock } }: RelayParts): Promise<void> {
      this.#isWaiting = true;
      for (const other of sessions.others(this.groupId!, this.peer!.deviceId))
        await (other as InTurn).#untilRead(clock);
      this.#isWaiting = false;
    }

    /** Two that wait for each other would do so for ever. */
    async #untilRead(clock: Clock): Promise<void> {
      const untilMs = clock.monotonicMs() + patienceMs;
      const isBehind = () => this.isWelcomed && !this.#isWaiting && this.acknowledged.cursor < this.#toldCursor;
      while (isBehind() && clock.monotonicMs() < untilMs) {
        await new Promise<void>((resolve) => clock.setTimer(lookEveryMs, resolve));
      }
    }
  };
}

export const devicesServedInTurn: Defect = {
  name: 'devices-served-in-turn',
  about:
    'The relay hands each item to the other devices one after the other and waits for each before it takes the next: one device on a slow line makes all the others wait.',
  relay: (parts) => ({ ...parts, session: inTurn(parts.session) }),
};
