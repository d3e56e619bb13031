import type { Sql } from '../io/database.ts';
import type { NodeParts } from '../node/parts.ts';
import type { PullPlan } from '../node/pull-plan.ts';
import type { Applied, NodeStore } from '../node/store.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

type Applying = Parameters<NodeStore['applyPage']>;
type Blob = Applying[0][number];

/** What a reconnected node has not read again yet. */
class Rereading {
  welcomes = 0;
  /** Up to this cursor everything is read a second time; 0: nothing is. */
  upTo = 0;
  after = 0;
}

function startsOver(base: NodeParts['puller'], rereading: Rereading): NodeParts['puller'] {
  return class extends base {
    override startsAt(head: number): void {
      super.startsAt(head);
      rereading.welcomes += 1;
      if (rereading.welcomes === 1) return;
      rereading.upTo = head;
      rereading.after = 0;
    }
  };
}

const storesAgain = (rereading: Rereading) =>
  withNodeStore(
    (base) =>
      class extends base {
        override async nextPulls(head: number, pageItems: number): Promise<readonly PullPlan[]> {
          if (rereading.after >= rereading.upTo) return super.nextPulls(head, pageItems);
          return [{ after: rereading.after, limit: pageItems }];
        }

        override async applyPage(...[blobs, settledUpTo, open]: Applying): Promise<Applied> {
          const applied = await super.applyPage(blobs, settledUpTo, open);
          const last = Math.max(...blobs.map(({ cursor }) => cursor), settledUpTo);
          if (rereading.after < rereading.upTo) rereading.after = last;
          return applied;
        }

        protected override applyBlob(sql: Sql, blob: Blob, open: Applying[2], applied: Applied): void {
          const known = this.items.get(sql, blob.blobId);
          super.applyBlob(sql, blob, open, applied);
          if (rereading.after >= rereading.upTo || known === null || known.author === this.self) return;
          // Under its old name, so that the schema finds it there at the next start.
          sql.run('DROP INDEX items_by_blob');
          sql.run('CREATE INDEX items_by_blob ON items (blob_id)');
          this.items.insert(sql, known);
        }
      },
  );

export const reconnectPullsFromZero: Defect = {
  name: 'reconnect-pulls-from-zero',
  about:
    'A node that comes back pulls everything from the first cursor on instead of from where it was, and stores all of it again: the user sees every item of the others twice.',
  node: (parts) => {
    const rereading = new Rereading();
    const changed = storesAgain(rereading)(parts);
    return { ...changed, puller: startsOver(changed.puller, rereading) };
  },
};
