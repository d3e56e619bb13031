import type { PullPlan } from '../node/pull-plan.ts';
import type { PageSource } from '../node/puller.ts';
import type { Applied } from '../node/store.ts';
import type { SyncContext } from '../node/sync-context.ts';
import type { Defect } from './defect.ts';

export const hiddenFullRescan: Defect = {
  name: 'hidden-full-rescan',
  about:
    'On each new connection with something to pull the node reads the whole group again from its first item, and counts it nowhere: devices agree in the end, but every reconnect costs a user all the data there is.',
  node: (parts) => ({
    ...parts,
    puller: class extends parts.puller {
      readonly #context: SyncContext;
      #isNew = false;

      constructor(context: SyncContext, tellApplied: (applied: Applied) => void, caughtUp: () => Promise<void>) {
        super(context, tellApplied, caughtUp);
        this.#context = context;
      }

      override startsAt(head: number): void {
        super.startsAt(head);
        this.#isNew = true;
      }

      protected override async page(source: PageSource, plan: PullPlan, head: number): Promise<number> {
        if (this.#isNew) await this.#readAgain(plan.after);
        this.#isNew = false;
        return super.page(source, plan, head);
      }

      /** Nothing in it is new, and the store throws it away. */
      async #readAgain(upTo: number): Promise<void> {
        for (let after = 0; after < upTo; ) {
          const { parts, sealer, session } = this.#context;
          const page = await session()?.pull(after, this.pageItems);
          const known = (page?.blobs ?? []).filter(({ cursor }) => cursor <= upTo);
          if (known.length === 0) return;
          await parts.store.applyPage(known, 0, (blob) => sealer.open(blob));
          after = known.at(-1)!.cursor;
        }
      }
    },
  }),
};
