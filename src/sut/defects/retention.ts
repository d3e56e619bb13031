import { ScenarioError } from '../../support/errors.ts';
import type { Sql } from '../io/database.ts';
import type { RelayStore } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Hook, RelayHook } from './hook.ts';

export const retention: Hook = {
  name: 'retention',
  about:
    'Armed with { hold: GROUP }, clean-ups leave to that group what all its devices have acknowledged, for as long as the process runs; armed with { keep: COUNT }, all but the newest so many cursors of every group expire at once.',
  relay: retaining,
};

function retaining(): RelayHook {
  const held = new Set<string>();
  let expire: (keep: number) => Promise<void> = () =>
    Promise.reject(new Error('retention: the relay has no store yet'));
  const holds = withRelayStore(
    (base) =>
      class extends base {
        protected override acknowledgedByAll(sql: Sql): ReturnType<RelayStore['acknowledgedByAll']> {
          return super.acknowledgedByAll(sql).filter(({ group_id }) => !held.has(group_id));
        }
      },
  );
  return {
    change(parts) {
      expire = (keep) =>
        parts.database.transaction('relay.cleanup', (sql) => {
          sql.run(
            `DELETE FROM blobs WHERE cursor < ? +
               (SELECT next_cursor FROM group_cursors WHERE group_cursors.group_id = blobs.group_id)`,
            -keep,
          );
        });
      return holds(parts);
    },
    async arm(parameters) {
      const order = orderIn(parameters);
      if ('hold' in order) held.add(order.hold);
      else await expire(order.keep);
      return {};
    },
  };
}

function orderIn(parameters: Readonly<Record<string, unknown>>): { hold: string } | { keep: number } {
  const { hold, keep } = parameters;
  if (Object.keys(parameters).length === 1) {
    if (typeof hold === 'string') return { hold };
    if (typeof keep === 'number' && Number.isSafeInteger(keep) && keep >= 0) return { keep };
  }
  throw new ScenarioError(
    `hook retention: expected { hold: GROUP } or { keep: COUNT }, got ${JSON.stringify(parameters)}`,
  );
}
