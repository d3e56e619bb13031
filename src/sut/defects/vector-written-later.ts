import type { DeviceId } from '../core/ids.ts';
import type { Sql } from '../io/database.ts';
import type { NumberedBlob, Sealer } from '../node/sealer.ts';
import type { SealedEntry } from '../node/tables/outbox-table.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const writtenAfterMs = 250;

export const vectorWrittenLater: Defect = {
  name: 'vector-written-later',
  about:
    'The node counts its own items in its version vector in a transaction of its own, a moment after that of their outbox entries, to save a write with each push: a crash between the two leaves the vector behind for good, and devices that hold the same never agree that they do.',
  node: withNodeStore(
    (base, { ports, fatal }) =>
      class extends base {
        #uncounted = 0;

        override async sealNext(count: number, seal: Sealer['seal']): Promise<(NumberedBlob & SealedEntry)[]> {
          const sealed = await super.sealNext(count, seal);
          if (sealed.length > 0 && this.#uncounted === 0) ports.clock.setTimer(writtenAfterMs, () => this.#count());
          this.#uncounted += sealed.length;
          return sealed;
        }

        protected override advanceVector(sql: Sql, author: DeviceId): void {
          if (author !== this.self) super.advanceVector(sql, author);
        }

        #count(): void {
          const uncounted = this.#uncounted;
          this.#uncounted = 0;
          const counted = this.database.transaction('count-own', (sql) =>
            sql.run(
              `INSERT INTO vector (author, sequence) VALUES (?, ?)
               ON CONFLICT (author) DO UPDATE SET sequence = sequence + excluded.sequence`,
              this.self,
              uncounted,
            ),
          );
          counted.catch(fatal);
        }
      },
  ),
};
