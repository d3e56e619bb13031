import type { Timer } from '../../support/clock.ts';
import type { BlobId } from '../core/ids.ts';
import type { Ack, NodeStore } from '../node/store.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';
import { renaming } from './renaming.ts';

const patienceMs = 150;

export const slowPushSentAnew: Defect = {
  name: 'slow-push-sent-anew',
  about:
    'The node sends a push again that is not acknowledged after 150 ms, as a new item: on a slow link every device holds everything twice.',
  node: withNodeStore(
    (base, parts) =>
      class extends renaming(base, parts) {
        readonly #waiting = new Map<BlobId, Timer>();
        readonly #renamed = new Set<BlobId>();

        override async nextToSend(excluded: ReadonlySet<BlobId>): ReturnType<NodeStore['nextToSend']> {
          const entry = await super.nextToSend(excluded);
          if (entry !== null && !this.#renamed.has(entry.blobId)) this.#watch(entry.blobId);
          return entry;
        }

        override acked(acks: readonly Ack[]): ReturnType<NodeStore['acked']> {
          for (const { blobId } of acks) this.#waiting.get(blobId)?.cancel();
          return super.acked(acks);
        }

        #watch(blobId: BlobId): void {
          const sendAnew = () => {
            this.renamed(blobId).then(
              (entry) => entry !== null && this.#renamed.add(entry.blobId),
              () => undefined, // The storage is closed: the device ended meanwhile.
            );
          };
          this.#waiting.get(blobId)?.cancel();
          this.#waiting.set(blobId, parts.ports.clock.setTimer(patienceMs, sendAnew));
        }
      },
  ),
};
