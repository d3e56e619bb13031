import { DatabaseSync } from 'node:sqlite';
import { assert } from '../../support/assert.ts';
import type { Prng } from '../../support/prng.ts';
import type { Database, OpenDatabase, Sql } from '../../sut/io/database.ts';
import { begin, commit, openingStatements, readOnly, SqliteSql } from '../../sut/io/sql.ts';
import { storageErrorOf } from '../../sut/io/storage-error.ts';
import type { StepMoment } from '../topology/topology.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { ReadyStep, StepOrder } from './step-order.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How long a step takes on a simulated disk. The most of a transaction is the wait for the disk to have it. */
const stepMs = { read: [0.02, 0.06], transaction: [0.4, 0.6] } as const;
/** A step that was told to wait has its next turn after this long. */
const nextTurnMs = 0.1;
/** PRAGMA synchronous: below FULL, SQLite does not wait for the disk at each commit. */
const synchronousFull = 2;

/** Hears of each step at its moments, a read's before and after; may end the process there, or pause it. */
export type StepObserver = (at: StepMoment, step: ReadyStep) => void;

/** What the steps of all databases of one stage share. */
export interface StepWorld {
  readonly clock: VirtualClock;
  readonly order: () => StepOrder;
  readonly observe: StepObserver;
}

/**
 * One database file on a simulated disk. It outlives the processes that open it, one at a time.
 *
 * In-memory SQLite does the work. A crash keeps what was committed. A power cut keeps of that only what was synced:
 * every commit under synchronous=FULL; below it only what a checkpoint or an orderly close wrote through (SQLite's own
 * checkpoint after 1000 pages is not counted).
 */
export class CrashableDatabase {
  readonly #world: StepWorld;
  readonly #prng: Prng;
  #live: DatabaseSync | null = null;
  #image: Uint8Array | null = null;
  /** What a power cut would leave; undefined: the same as a crash. */
  #synced: Uint8Array | null | undefined = undefined;
  #isScrapped = false;

  constructor(world: StepWorld, prng: Prng) {
    this.#world = world;
    this.#prng = prng;
  }

  /** The port for one process. */
  openFor(process: SimulatedProcess): OpenDatabase {
    return (schema) => {
      assert(this.#live === null, 'a simulated database is open in one process at a time');
      const database = new DatabaseSync(':memory:');
      if (this.#image !== null) database.deserialize(this.#image);
      this.#live = database;
      let port: SteppedDatabase | null = null;
      const release = () => {
        port?.abandon();
        this.#closeLive();
      };
      // The file, its write-ahead log and its index: three descriptors.
      const held = [process.holds(release), process.holds(() => undefined), process.holds(() => undefined)];
      const close = () => {
        for (const descriptor of held) descriptor.close();
        this.#closeLive();
        this.#synced = undefined;
      };
      try {
        for (const statement of openingStatements) database.exec(statement);
        database.exec(schema);
      } catch (error) {
        close();
        throw storageErrorOf('open', error);
      }
      const synchronous = database.prepare('PRAGMA synchronous');
      const readRelaxed = () => Number(synchronous.get()?.synchronous) < synchronousFull;
      let isRelaxed = readRelaxed();
      port = new SteppedDatabase(database, process, this.#world, this.#prng, {
        // Before anything is committed that the disk might not have: keep what the disk has.
        willCommit: () => {
          if (this.#synced === undefined && isRelaxed) this.#synced = database.serialize();
        },
        committed: () => {
          if (!isRelaxed) this.#synced = undefined;
        },
        pragmaRan: (pragma) => {
          isRelaxed = readRelaxed();
          if (/wal_checkpoint/i.test(pragma)) this.#synced = undefined;
        },
        close,
      });
      return port;
    };
  }

  /** The power goes: nobody has the file open any more, and what was not synced is gone. */
  powerCut(): void {
    assert(this.#live === null, 'a power cut ends the process before its disk');
    if (this.#synced !== undefined) this.#image = this.#synced;
    this.#synced = undefined;
  }

  /** Removes the file. */
  remove(): void {
    this.replace(null);
  }

  /** Puts another file in its place; null: none. */
  replace(image: Uint8Array | null): void {
    assert(this.#live === null, 'only a closed database is replaced');
    this.#image = image;
    this.#synced = undefined;
  }

  /** Nobody will open the file again: what closes it from now on need not keep its bytes. */
  scrap(): void {
    this.#isScrapped = true;
  }

  /** Whether there is a file. */
  get exists(): boolean {
    return this.#live !== null || this.#image !== null;
  }

  /** The file's bytes as they are now, for evidence; null when there is no file. */
  bytes(): Uint8Array | null {
    return this.#live === null ? this.#image : this.#live.serialize();
  }

  /** Runs the tester's own statements on the file, between two steps of the system. */
  inspect<T>(work: (database: DatabaseSync) => T): T {
    if (this.#live !== null) return work(this.#live);
    const database = new DatabaseSync(':memory:');
    try {
      if (this.#image !== null) database.deserialize(this.#image);
      return work(database);
    } finally {
      if (this.#image !== null) this.#image = database.serialize();
      database.close();
    }
  }

  #closeLive(): void {
    if (this.#live === null) return;
    if (this.#live.isTransaction) this.#live.exec('ROLLBACK');
    if (!this.#isScrapped) this.#image = this.#live.serialize();
    this.#live.close();
    this.#live = null;
  }
}

interface Durability {
  readonly willCommit: () => void;
  readonly committed: () => void;
  /** It may have changed how commits reach the disk, or have written the log through. */
  readonly pragmaRan: (pragma: string) => void;
  readonly close: () => void;
}

/** A step that was asked for and has not run. */
interface PendingStep extends ReadyStep {
  readonly run: () => void;
}

/**
 * The database port of one process. A step that is asked for becomes ready; some time later one of the ready steps,
 * by choice of the stage's `StepOrder`, runs and is answered. So concurrent callers interleave in every way the port
 * allows, and a crash can hit before a step, or between its commit and what the program does next.
 */
class SteppedDatabase implements Database {
  readonly #database: DatabaseSync;
  readonly #process: SimulatedProcess;
  readonly #world: StepWorld;
  readonly #prng: Prng;
  readonly #durability: Durability;
  readonly #sql: Sql;
  readonly #pending: PendingStep[] = [];
  #isClosed = false;

  constructor(database: DatabaseSync, process: SimulatedProcess, world: StepWorld, prng: Prng, durability: Durability) {
    this.#database = database;
    this.#process = process;
    this.#world = world;
    this.#prng = prng;
    this.#durability = durability;
    this.#sql = new SqliteSql(database, durability.pragmaRan);
  }

  transaction<T>(step: string, work: (sql: Sql) => T): Promise<T> {
    return this.#enqueue(step, true, work);
  }

  read<T>(step: string, work: (sql: Sql) => T): Promise<T> {
    return this.#enqueue(step, false, work);
  }

  /** A step that was asked for before still runs, as it would have within the call of a real database. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { run } of this.#pending.splice(0)) run();
    this.#durability.close();
  }

  /** The process is gone: nothing runs any more. */
  abandon(): void {
    this.#isClosed = true;
    this.#pending.length = 0;
  }

  #enqueue<T>(step: string, isWrite: boolean, work: (sql: Sql) => T): Promise<T> {
    // A process that is gone waits for ever.
    if (this.#process.isGone) return new Promise(() => undefined);
    if (this.#isClosed) return Promise.reject(new Error(`storage: step ${step}: the database is closed`));
    return new Promise<T>((resolve, reject) => {
      const run = () => this.#run(pending, work, resolve, reject);
      const pending: PendingStep = { process: this.#process.name, step, isWrite, run };
      this.#pending.push(pending);
      // One turn for each pending step; which of them it runs is the order's choice.
      const choose = () => {
        if (this.#pending.length === 0) return;
        const due = Math.max(0, this.#pending.indexOf(pending));
        const chosen = this.#world.order().choose(this.#pending, due);
        if (chosen === null) this.#world.clock.schedule(nextTurnMs, turn);
        else this.#pending.splice(chosen, 1)[0]!.run();
      };
      const turn = () => this.#process.deliver(choose);
      const [lowMs, highMs] = isWrite ? stepMs.transaction : stepMs.read;
      this.#world.clock.schedule(this.#prng.between(lowMs, highMs), turn);
    });
  }

  /** At each moment the process may end, or be paused: then it goes on from there, nothing else before it. */
  #run<T>(
    ready: ReadyStep,
    work: (sql: Sql) => T,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    const { step, isWrite } = ready;
    const process = this.#process;
    const { observe } = this.#world;
    const answer = (value: T) => {
      observe('after', ready);
      process.deliver(() => resolve(value), reject);
    };
    const first = () => {
      if (!isWrite) return answer(readOnly(this.#sql, step, work));
      const value = this.#begin(step, work);
      const last = () => {
        this.#commit(step);
        answer(value);
      };
      observe('uncommitted', ready);
      process.deliver(last, reject);
    };
    observe('before', ready);
    process.deliver(first, reject);
  }

  #begin<T>(step: string, work: (sql: Sql) => T): T {
    this.#durability.willCommit();
    return begin(this.#database, this.#sql, step, work);
  }

  #commit(step: string): void {
    commit(this.#database, this.#sql, step);
    this.#durability.committed();
  }
}
