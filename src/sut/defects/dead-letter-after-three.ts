import type { BlobId } from '../core/ids.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const attemptsMax = 3;
/** The list itself is the outbox's own of entries that failed; this is what its entries failed of. */
const deadLetter = 'PUSH_FAILED';

const movesOut = withNodeStore(
  (base) =>
    class extends base {
      override giveUp(blobId: BlobId, code: string): Promise<void> {
        if (code !== deadLetter) return super.giveUp(blobId, code);
        return this.database.transaction('push-failed', (sql) => {
          this.outbox.markFailed(sql, blobId, code);
          this.items.markDeleted(sql, blobId);
        });
      }
    },
);

export const deadLetterAfterThree: Defect = {
  name: 'dead-letter-after-three',
  about:
    'After three lost connections the node moves a push out of its outbox and items to a dead-letter list that nobody sends or shows: an item that was saved is gone from the device that wrote it, and perhaps from all.',
  node: (parts) => ({
    ...movesOut(parts),
    outboxRules: {
      afterFailure: (failure) =>
        failure.code === null && failure.attempts >= attemptsMax ? 'give-up' : parts.outboxRules.afterFailure(failure),
    },
  }),
};
