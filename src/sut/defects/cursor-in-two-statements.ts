import { pause } from '../../support/clock.ts';
import type { Sql } from '../io/database.ts';
import type { NewBlob, PushResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

/** Long enough for another session's push to be read on a real clock; a store that only awaits never interleaves there. */
const yieldMs = 1;

/**
 * Two pushes that meet between reading and writing take one cursor. The unique constraint on cursors would refuse the
 * second and end its session, which the next attempt heals; so the insert replaces, as it would in a relay whose author
 * met that error and silenced it. The first blob is gone after its acknowledgement.
 */
export const cursorInTwoStatements: Defect = {
  name: 'cursor-in-two-statements',
  about:
    'The relay reads the next cursor in one statement and writes it in another, so two pushes at once take the same one and the second replaces the first, which was acknowledged and never reaches another device.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        readonly #read = new WeakMap<NewBlob, number>();

        override async push(blob: NewBlob): Promise<PushResult> {
          const next = await this.database.read('relay.push', (sql) => this.headOf(sql, blob.groupId) + 1);
          this.#read.set(blob, next);
          await pause(this.clock, yieldMs);
          return super.push(blob);
        }

        protected override takeCursor(sql: Sql, blob: NewBlob): number {
          const cursor = this.#read.get(blob)!;
          sql.run(
            `INSERT INTO group_cursors (group_id, next_cursor) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET next_cursor = excluded.next_cursor`,
            blob.groupId,
            cursor + 1,
          );
          return cursor;
        }

        protected override insert(sql: Sql, blob: NewBlob, cursor: number): number {
          sql.run('DELETE FROM blobs WHERE group_id = ? AND cursor = ?', blob.groupId, cursor);
          return super.insert(sql, blob, cursor);
        }
      },
  ),
};
