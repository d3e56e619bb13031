import type { DeviceId } from '../core/ids.ts';
import type { Sql } from '../io/database.ts';
import type { NodeParts } from '../node/parts.ts';
import { withNodeStore } from './change-store.ts';
import type { Defect } from './defect.ts';

/** Counts the connections to the relay. */
function counting(base: NodeParts['session'], began: () => void): NodeParts['session'] {
  return class extends base {
    constructor(...options: ConstructorParameters<typeof base>) {
      super(...options);
      began();
    }
  };
}

/** What an author's component counts from: how far it had come when the session began in which it last moved. */
interface Base {
  readonly session: number;
  readonly sequence: number;
}

export const vectorBySession: Defect = {
  name: 'vector-by-session',
  about:
    'The vector counts what each session with the relay brought instead of what each author wrote: right until the first reconnect, and from then on devices that hold the same never agree that they do.',
  node: (parts) => {
    let session = 0;
    const counted = withNodeStore(
      (base) =>
        class extends base {
          readonly #bases = new Map<DeviceId, Base>();

          protected override advanceVector(sql: Sql, author: DeviceId): void {
            if (author === this.self) {
              super.advanceVector(sql, author);
              return;
            }
            const base = this.#bases.get(author) ?? { session, sequence: 0 };
            const before = (this.vector.read(sql).get(author) ?? 0) + base.sequence;
            sql.run('UPDATE vector SET sequence = ? WHERE author = ?', before, author);
            super.advanceVector(sql, author);
            const from = base.session === session ? base.sequence : before;
            this.#bases.set(author, { session, sequence: from });
            sql.run('UPDATE vector SET sequence = sequence - ? WHERE author = ?', from, author);
          }
        },
    );
    return counted({
      ...parts,
      session: counting(parts.session, () => {
        session += 1;
      }),
    });
  },
};
