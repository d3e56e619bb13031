import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from '@jest/globals';
import { nodeSchema } from '../../sut/node/schema.ts';
import { relayEvents } from '../../sut/relay/log-events.ts';
import { schema } from '../../sut/relay/schema.ts';
import { loadSystem } from '../scenario/load-system.ts';
import { imageNames, imageTag } from './images.ts';

const system = loadSystem(resolve(import.meta.dirname, '../../../systems/reference'));

/** A word set is written as `a|b|c`. */
const kindOf = (kind: string | readonly string[]) => (typeof kind === 'string' ? kind : kind.join('|'));

describe('the reference system’s manifest', () => {
  test('lists every event of the relay’s log, with its fields and their kinds', () => {
    const events = Object.entries(relayEvents).map(([event, { fields }]) => [
      event,
      Object.fromEntries(
        Object.entries(fields as Record<string, string | readonly string[]>).map(([field, kind]) => [
          field,
          kindOf(kind),
        ]),
      ),
    ]);
    expect(system.relay.logEvents).toEqual(Object.fromEntries(events));
  });

  test.each([
    ['relay', schema, system.relay.database?.rows, ['item', 'cursor', 'sender', 'payload']],
    ['node', nodeSchema, system.node.database?.items, ['item', 'author', 'sequence', 'cursor', 'body', 'deleted']],
  ])('asks the %s’s database for columns that it has', (_, tables, query, columns) => {
    const database = new DatabaseSync(':memory:');
    database.exec(tables);
    const statement = database.prepare(query ?? '');
    expect(statement.columns().map(({ name }) => name)).toEqual(columns);
    database.close();
  });

  test('names images that this project makes', () => {
    const tags = imageNames.map(imageTag);
    const { test: tested, release } = system.images;
    for (const tag of [tested.relay, tested.node, release.relay, release.node]) expect(tags).toContain(tag);
  });
});
