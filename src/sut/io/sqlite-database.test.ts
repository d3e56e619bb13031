import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Database } from './database.ts';
import { sqliteDatabaseAt } from './sqlite-database.ts';
import { StorageError } from './storage-error.ts';

const schema = 'CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT';
let folder: string;
let database: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
  database = sqliteDatabaseAt(join(folder, 'test.db'))(schema);
});
afterEach(() => rmSync(folder, { recursive: true }));

const count = () => database.read('count', (sql) => sql.get<{ n: number }>('SELECT count(*) AS n FROM items')!.n);
const add = (body: Uint8Array) =>
  database.transaction('add', (sql) => sql.run('INSERT INTO items (body) VALUES (?)', body).changes);

test('what was committed is there after opening again, with the settings that make it durable', async () => {
  expect(await add(new Uint8Array([1, 2, 3]))).toBe(1);
  database.close();
  database = sqliteDatabaseAt(join(folder, 'test.db'))(schema);
  const settings = await database.read('settings', (sql) =>
    ['journal_mode', 'synchronous', 'auto_vacuum', 'busy_timeout', 'foreign_keys'].map((name) =>
      Object.values(sql.get<Record<string, unknown>>(`PRAGMA ${name}`)!).at(0),
    ),
  );
  expect(settings).toEqual(['wal', 2, 2, 5000, 1]);
  expect(await database.read('get', (sql) => sql.get('SELECT body FROM items'))).toEqual({
    body: new Uint8Array([1, 2, 3]),
  });
  database.close();
});

test('a throw inside a transaction rolls everything back and arrives as it was thrown', async () => {
  const thrown = new RangeError('a rule');
  const failing = database.transaction('fail', (sql) => {
    sql.run('INSERT INTO items (body) VALUES (?)', new Uint8Array(1));
    throw thrown;
  });
  await expect(failing).rejects.toBe(thrown);
  expect(await count()).toBe(0);
  await add(new Uint8Array(1));
  expect(await count()).toBe(1);
});

test('a full database is a storage error of that kind, and what was there stays', async () => {
  await add(new Uint8Array(10));
  await database.read('limit', (sql) => sql.get('PRAGMA max_page_count = 8'));
  const failure = await add(new Uint8Array(1_000_000)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StorageError);
  expect(failure).toMatchObject({ step: 'add', failure: 'full' });
  expect(await count()).toBe(1);
});

test('a broken constraint and a database held by another are told apart', async () => {
  const insert = () => database.transaction('twice', (sql) => sql.run("INSERT INTO items VALUES (1, x'00')"));
  await insert();
  await expect(insert()).rejects.toMatchObject({ failure: 'constraint' });
  const other = sqliteDatabaseAt(join(folder, 'test.db'))(schema);
  await database.read('patience', (sql) => sql.get('PRAGMA busy_timeout = 10'));
  await other.transaction('hold', () => expect(count()).resolves.toBe(1));
  const blocked = other.transaction('hold', () => {
    return database.transaction('blocked', () => 1).catch((error: unknown) => error);
  });
  expect(await await blocked).toMatchObject({ failure: 'busy' });
  other.close();
});

test('freed pages go back to the file system', async () => {
  const path = join(folder, 'test.db');
  const checkpoint = () => database.read('checkpoint', (sql) => sql.all('PRAGMA wal_checkpoint(TRUNCATE)'));
  await add(new Uint8Array(2_000_000));
  await checkpoint();
  expect(statSync(path).size).toBeGreaterThan(2_000_000);
  await database.transaction('clear', (sql) => sql.run('DELETE FROM items'));
  await database.transaction('vacuum', (sql) => sql.all('PRAGMA incremental_vacuum'));
  await checkpoint();
  expect(statSync(path).size).toBeLessThan(100_000);
});

test('a closed database rejects', async () => {
  database.close();
  await expect(count()).rejects.toThrow();
});

test('a file that is no database cannot be opened', () => {
  expect(() => sqliteDatabaseAt(import.meta.filename)(schema)).toThrow(StorageError);
});
