import type { Sql } from '../io/database.ts';
import type { NewBlob } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const firstCursorZero: Defect = {
  name: 'first-cursor-zero',
  about:
    'The relay gives the first item of a group the cursor 0, which no device that asks for everything after 0 is ever sent.',
  relay: withRelayStore(
    (base) =>
      class extends base {
        protected override takeCursor(sql: Sql, { groupId }: NewBlob): number {
          return sql.get<{ cursor: number }>(
            `INSERT INTO group_cursors (group_id, next_cursor) VALUES (?, 1)
             ON CONFLICT DO UPDATE SET next_cursor = next_cursor + 1 RETURNING next_cursor - 1 AS cursor`,
            groupId,
          )!.cursor;
        }
      },
  ),
};
