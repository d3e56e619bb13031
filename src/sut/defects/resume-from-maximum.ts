import type { Sql } from '../io/database.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const resumeFromMaximum: Defect = {
  name: 'resume-from-maximum',
  about:
    'The node goes on reading after the highest cursor it has seen, instead of after the last one without a gap before it: what others pushed just before an item of its own is never pulled.',
  node: withNodeStore(
    (base) =>
      class extends base {
        protected override settle(sql: Sql, upTo: number): void {
          super.settle(sql, upTo);
          const highest = sql.get<{ cursor: number | null }>('SELECT max(cursor) AS cursor FROM items')?.cursor ?? 0;
          if (highest > this.cursors.contiguous(sql)) this.cursors.setContiguous(sql, highest);
        }
      },
  ),
};
