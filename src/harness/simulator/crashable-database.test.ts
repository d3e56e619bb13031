import { afterEach, describe, expect, test } from '@jest/globals';
import { pause } from '../../support/clock.ts';
import { Prng } from '../../support/prng.ts';
import type { Database } from '../../sut/io/database.ts';
import { CrashableDatabase, type StepObserver } from './crashable-database.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { type ReadyStep, ScriptedStepOrder, type StepOrder, seededStepOrder } from './step-order.ts';
import { VirtualClock } from './virtual-clock.ts';

const schema = 'CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL)';
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function world(order: StepOrder = seededStepOrder(new Prng('order')), observe: StepObserver = () => undefined) {
  const clock = new VirtualClock({ startWallMs: 0, eventsMax: 100_000 });
  stops.push(() => clock.stop());
  const disk = new CrashableDatabase({ clock, order: () => order, observe }, new Prng('disk'));
  const start = () => {
    const process = new SimulatedProcess({ name: 'relay', clock, died: () => undefined });
    return { process, database: disk.openFor(process)(schema) };
  };
  return { clock, disk, start };
}

function add(database: Database, name: string, value: number): Promise<void> {
  return database.transaction('add', (sql) => {
    sql.run('INSERT INTO counter (name, value) VALUES (?, ?)', name, value);
  });
}

function names(database: Database): Promise<string[]> {
  return database.read('names', (sql) =>
    sql.all<{ name: string }>('SELECT name FROM counter ORDER BY name').map((row) => row.name),
  );
}

describe('crashable database', () => {
  test('a crash keeps what was committed and loses what had not run', async () => {
    const { clock, disk, start } = world();
    const first = start();
    await clock.hold(() => add(first.database, 'committed', 1));
    let answered = false;
    void add(first.database, 'too-late', 2).then(() => {
      answered = true;
    });
    first.process.end();
    await pause(clock.harness, 100);
    expect(answered).toBe(false);
    const second = start();
    expect(await clock.hold(() => names(second.database))).toEqual(['committed']);
    expect(disk.bytes()!.length).toBeGreaterThan(0);
  });

  test.each([
    { at: 'before', kept: [] },
    { at: 'after', kept: ['x'] },
  ] as const)('a crash $at a step leaves $kept, and the program never hears', async ({ at, kept }) => {
    let process: SimulatedProcess | null = null;
    const { clock, start } = world(undefined, (moment, { step }) => {
      if (moment === at && step === 'add') process!.end();
    });
    const first = start();
    process = first.process;
    const heard: string[] = [];
    void add(first.database, 'x', 1).then(
      () => heard.push('ok'),
      () => heard.push('failed'),
    );
    await pause(clock.harness, 10);
    expect(heard).toEqual([]);
    expect(await clock.hold(() => names(start().database))).toEqual(kept);
  });

  test('a power cut keeps what was committed under synchronous=FULL', async () => {
    const { clock, disk, start } = world();
    const first = start();
    await clock.hold(() => add(first.database, 'full', 1));
    first.process.end();
    disk.powerCut();
    expect(await clock.hold(() => names(start().database))).toEqual(['full']);
  });

  test('a power cut under synchronous=NORMAL keeps only what was checkpointed', async () => {
    const { clock, disk, start } = world();
    const first = start();
    const relax = (database: Database) =>
      database.read('relax', (sql) => sql.all('PRAGMA synchronous = NORMAL').length);
    await clock.hold(async () => {
      await add(first.database, 'a-full', 1);
      await relax(first.database);
      await add(first.database, 'b-checkpointed', 2);
      await first.database.read('checkpoint', (sql) => sql.all('PRAGMA wal_checkpoint(TRUNCATE)').length);
      await add(first.database, 'c-relaxed', 3);
    });
    first.process.end();
    const second = start();
    expect(await clock.hold(() => names(second.database))).toEqual(['a-full', 'b-checkpointed', 'c-relaxed']);
    second.process.end();
    disk.powerCut();
    const third = start();
    expect(await clock.hold(() => names(third.database))).toEqual(['a-full', 'b-checkpointed']);
    await clock.hold(async () => {
      await relax(third.database);
      await add(third.database, 'd-closed', 4);
    });
    third.database.close();
    third.process.end();
    disk.powerCut();
    expect(await clock.hold(() => names(start().database))).toEqual(['a-full', 'b-checkpointed', 'd-closed']);
  });

  test('a failing transaction leaves nothing and its error comes typed', async () => {
    const { clock, start } = world();
    const { database } = start();
    const failing = database.transaction('twice', (sql) => {
      sql.run("INSERT INTO counter VALUES ('x', 1)");
      sql.run("INSERT INTO counter VALUES ('x', 2)");
    });
    await expect(clock.hold(() => failing)).rejects.toMatchObject({ name: 'StorageError', failure: 'constraint' });
    expect(await clock.hold(() => names(database))).toEqual([]);
  });

  test('closing runs what was asked for before, and refuses what comes after', async () => {
    const { clock, start } = world();
    const first = start();
    const asked = add(first.database, 'asked', 1);
    first.database.close();
    await asked;
    await expect(add(first.database, 'late', 2)).rejects.toThrow('storage: step add: the database is closed');
    expect(await clock.hold(() => names(start().database))).toEqual(['asked']);
  });

  test('the tester can look at the file while it is open and when it is closed', async () => {
    const { clock, disk, start } = world();
    const { process, database } = start();
    await clock.hold(() => add(database, 'x', 1));
    const count = () => disk.inspect((sql) => sql.prepare('SELECT COUNT(*) AS n FROM counter').get()!.n);
    expect(count()).toBe(1);
    process.end();
    expect(count()).toBe(1);
    disk.remove();
    expect(disk.bytes()).toBeNull();
    expect(await clock.hold(() => names(start().database))).toEqual([]);
  });

  test('every interleaving of two callers is enumerated once, and one of them loses an update', async () => {
    const outcomes = new Map<string, number>();
    let script: ScriptedStepOrder | null = new ScriptedStepOrder([]);
    for (; script !== null; script = script.following()) {
      const ran: string[] = [];
      const steps: ReadyStep[] = [];
      const { clock, start } = world(script, (at, step) => {
        if (at === 'after') steps.push(step);
      });
      const { database } = start();
      await clock.hold(() => add(database, 'n', 0));
      // Reads in one step and writes in another, as no correct program would.
      const increment = async (caller: string) => {
        const value = await database.read('look', (sql) => {
          ran.push(`${caller}-look`);
          return sql.get<{ value: number }>("SELECT value FROM counter WHERE name = 'n'")!.value;
        });
        await database.transaction('write', (sql) => {
          ran.push(`${caller}-write`);
          sql.run("UPDATE counter SET value = ? WHERE name = 'n'", value + 1);
        });
      };
      await clock.hold(() => Promise.all([increment('a'), increment('b')]));
      const row = await clock.hold(() =>
        database.read('n', (sql) => sql.get<{ value: number }>("SELECT value FROM counter WHERE name = 'n'")!),
      );
      expect(steps).toHaveLength(6);
      expect(outcomes.has(ran.join(' '))).toBe(false);
      outcomes.set(ran.join(' '), row.value);
    }
    expect(Object.fromEntries(outcomes)).toEqual({
      'a-look a-write b-look b-write': 2,
      'a-look b-look a-write b-write': 1,
      'a-look b-look b-write a-write': 1,
      'b-look a-look a-write b-write': 1,
      'b-look a-look b-write a-write': 1,
      'b-look b-write a-look a-write': 2,
    });
  });

  test('a seeded order is the same each time and differs between seeds', async () => {
    const orderOf = async (seed: string) => {
      const { clock, start } = world(seededStepOrder(new Prng(seed)));
      const { database } = start();
      const ran: number[] = [];
      const callers = Array.from({ length: 8 }, (_, index) => database.read('r', () => ran.push(index)));
      await clock.hold(() => Promise.all(callers));
      return ran;
    };
    expect(await orderOf('one')).toEqual(await orderOf('one'));
    expect(await orderOf('one')).not.toEqual(await orderOf('two'));
  });
});
