import { pause } from '../../support/clock.ts';
import type { GroupId } from '../core/ids.ts';
import type { Sql } from '../io/database.ts';
import type { NewBlob, Page, PushResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const writeEveryMs = 3000;

/** Pulls and repeated pushes wait for the batch, so that only the end of the process shows what was not written. */
export const ackBeforeCommit: Defect = {
  name: 'ack-before-commit',
  about:
    'The relay acknowledges a push when it has its cursor and writes blobs every three seconds, in batches: one that ends in between has lost items that their devices believe safe.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        readonly #unwritten: { readonly blob: NewBlob; readonly cursor: number }[] = [];
        #writing: Promise<void> | null = null;

        override async push(blob: NewBlob): Promise<PushResult> {
          if (this.#unwritten.some((waiting) => waiting.blob.blobId === blob.blobId)) await this.#writing;
          return super.push(blob);
        }

        override async pull(groupId: GroupId, afterCursor: number, limit: number): Promise<Page> {
          await this.#writing;
          return super.pull(groupId, afterCursor, limit);
        }

        protected override insert(_sql: Sql, blob: NewBlob, cursor: number): number {
          this.#unwritten.push({ blob, cursor });
          this.#writing ??= this.#write();
          return this.nowSeconds;
        }

        async #write(): Promise<void> {
          while (this.#unwritten.length > 0) {
            await pause(this.clock, writeEveryMs);
            const batch = this.#unwritten.splice(0);
            await this.step('relay.push', (sql) => {
              for (const { blob, cursor } of batch) super.insert(sql, blob, cursor);
            });
          }
          this.#writing = null;
        }
      },
  ),
};
