import type { BlobId } from '../core/ids.ts';
import type { Pulled } from '../node/puller.ts';
import type { Ack } from '../node/store.ts';
import type { SealedEntry } from '../node/tables/outbox-table.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

/** Who waits for whom: the wish is that a pull finds what was pushed before it. */
class Turns {
  readonly #inFlight = new Set<BlobId>();
  #allAcked: PromiseWithResolvers<void> | null = null;
  /** Ends with the pull that was asked for last. */
  pull: Promise<unknown> = Promise.resolve();

  sent(blobId: BlobId): void {
    this.#inFlight.add(blobId);
    this.#allAcked ??= Promise.withResolvers();
  }

  acked(acks: readonly Ack[]): void {
    for (const { blobId } of acks) this.#inFlight.delete(blobId);
    if (this.#inFlight.size > 0) return;
    this.#allAcked?.resolve();
    this.#allAcked = null;
  }

  async pushes(): Promise<void> {
    await this.#allAcked?.promise;
  }
}

export const pullAndPushDeadlock: Defect = {
  name: 'pull-and-push-deadlock',
  about:
    'A pull that an application asks for waits for the pushes on their way, and a push, before it is taken as acknowledged, for the pull: started during a push, the pull never ends, and nothing leaves the device until it is started again.',
  node: (parts) => {
    const turns = new Turns();
    const pushing = withNodeStore(
      (base) =>
        class extends base {
          override async nextToSend(excluded: ReadonlySet<BlobId>): Promise<SealedEntry | null> {
            const entry = await super.nextToSend(excluded);
            if (entry !== null) turns.sent(entry.blobId);
            return entry;
          }

          override async acked(acks: readonly Ack[]): Promise<readonly (number | null)[]> {
            await turns.pull;
            turns.acked(acks);
            return super.acked(acks);
          }
        },
    )(parts);
    const puller = class extends parts.puller {
      override pullNow(): Promise<Pulled> {
        const pulled = turns.pushes().then(() => super.pullNow());
        turns.pull = pulled.catch(() => undefined);
        return pulled;
      }
    };
    return { ...pushing, puller };
  },
};
