import { pause } from '../../support/clock.ts';
import type { PulledBlob } from '../core/messages.ts';
import type { Sealer } from '../node/sealer.ts';
import type { Applied } from '../node/store.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

/** What a page waits for, so that the disk has rest. */
const storedAfterMs = 300;
const nothingApplied: Applied = {
  received: [],
  refused: [],
  adopted: [],
  returned: [],
  gaps: [],
  duplicates: 0,
  forks: 0,
};

export const vectorBeforeItems: Defect = {
  name: 'vector-before-items',
  about:
    'The node counts a page in its version vector as soon as it has come and stores the items a moment later, or not at all when the connection has ended by then: it says to hold what it does not.',
  node: withNodeStore(
    (base, { events, ports }) =>
      class extends base {
        #isConnected = false;
        protected readonly endsListening = events.subscribe((announced) => {
          if (announced.event !== 'state') return;
          this.#isConnected = announced.state === 'connected' || announced.state === 'degraded';
        });

        override async applyPage(
          blobs: readonly PulledBlob[],
          settledUpTo: number,
          open: Sealer['open'],
        ): Promise<Applied> {
          if (blobs.length > 0) {
            await this.#counted(blobs, open);
            await pause(ports.clock, storedAfterMs);
            if (!this.#isConnected) return nothingApplied;
          }
          return super.applyPage(blobs, settledUpTo, open);
        }

        #counted(blobs: readonly PulledBlob[], open: Sealer['open']): Promise<void> {
          const numbered = blobs.flatMap((blob) => {
            const opened = open(blob);
            return 'refused' in opened ? [] : [{ author: opened.author, sequence: opened.sequence }];
          });
          return this.database.transaction('count-page', (sql) => {
            for (const { author } of numbered) {
              const isThere = (sequence: number) =>
                numbered.some((one) => one.author === author && one.sequence === sequence);
              this.vector.advance(
                sql,
                author,
                (sequence) => isThere(sequence) || this.items.holds(sql, author, sequence),
              );
            }
          });
        }
      },
  ),
};
