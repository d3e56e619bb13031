import type { DeviceId } from '../core/ids.ts';
import type { Sql } from '../io/database.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const vectorLastWriterWins: Defect = {
  name: 'vector-last-writer-wins',
  about:
    'The half of a node that writes and the half that reads each keep the version vector as they first saw it and store it as a whole: the later one undoes what the other has counted since, and devices that hold the same never agree that they do.',
  node: withNodeStore(
    (base) =>
      class extends base {
        readonly #copies = { writing: new Map<DeviceId, number>(), reading: new Map<DeviceId, number>() };

        protected override advanceVector(sql: Sql, author: DeviceId): void {
          const copy = author === this.self ? this.#copies.writing : this.#copies.reading;
          super.advanceVector(sql, author);
          const stored = this.vector.read(sql);
          for (const [known, sequence] of stored) {
            if (known === author || !copy.has(known)) copy.set(known, sequence);
          }
          for (const [known, sequence] of copy) {
            sql.run('UPDATE vector SET sequence = ? WHERE author = ?', sequence, known);
          }
        }
      },
  ),
};
