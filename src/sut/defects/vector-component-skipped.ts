import type { DeviceId } from '../core/ids.ts';
import type { Sql } from '../io/database.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const vectorComponentSkipped: Defect = {
  name: 'vector-component-skipped',
  about:
    'The node leaves its own items out of its version vector, so devices that hold the same never agree that they do, and a comparison of vectors shows nothing any more.',
  node: withNodeStore(
    (base) =>
      class extends base {
        protected override advanceVector(sql: Sql, author: DeviceId): void {
          if (author !== this.self) super.advanceVector(sql, author);
        }
      },
  ),
};
