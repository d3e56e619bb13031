import type { BlobId } from '../core/ids.ts';
import type { NodeStore } from '../node/store.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';
import { impatient } from './impatient-session.ts';

/** Without an acknowledgement for so long a connection counts as stalled. */
const stallMs = 1000;

const goesOnBehindSent = withNodeStore(
  (base) =>
    class extends base {
      readonly #sent = new Set<BlobId>();

      override async nextToSend(excluded: ReadonlySet<BlobId>): ReturnType<NodeStore['nextToSend']> {
        for (;;) {
          const entry = await super.nextToSend(excluded);
          if (entry === null || !this.#sent.has(entry.blobId)) {
            if (entry !== null) this.#sent.add(entry.blobId);
            return entry;
          }
          await this.database.transaction('sent', (sql) => this.outbox.remove(sql, entry.blobId));
        }
      }
    },
);

export const resumesAfterSent: Defect = {
  name: 'resumes-after-sent',
  about:
    'When a second goes by without an acknowledgement the node opens another connection and goes on after the last item it sent, not after the last that was acknowledged: what the stall held up is on no other device, and shown as synced.',
  node: (parts) => {
    const changed = goesOnBehindSent(parts);
    return { ...changed, session: impatient(changed.session, parts, stallMs), retryDelayMs: () => 0 };
  },
};
