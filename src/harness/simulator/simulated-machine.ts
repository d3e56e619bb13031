import { assert } from '../../support/assert.ts';
import type { Prng } from '../../support/prng.ts';
import { seededKem } from '../../sut/core/kem.ts';
import type { CommonPorts, SecretFile } from '../../sut/io/ports.ts';
import type { ProcessState } from '../topology/topology.ts';
import { CrashableDatabase, type StepWorld } from './crashable-database.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What the machines of one stage share. */
export interface StageWorld {
  readonly clock: VirtualClock;
  readonly prng: Prng;
  readonly steps: StepWorld;
}

/**
 * One machine: a disk and a log that stay, and the process that runs on it, if one does.
 *
 * Every process of a machine draws from its own stream of the machine's seed.
 */
export class SimulatedMachine {
  readonly name: string;
  readonly database: CrashableDatabase;
  readonly logLines: string[] = [];
  /** Ends of processes that nobody ordered. */
  readonly unscheduledExits: string[] = [];
  readonly #world: StageWorld;
  readonly #prng: Prng;
  #keyBytes: Uint8Array | null = null;
  #process: SimulatedProcess | null = null;
  #starts = 0;

  constructor(name: string, world: StageWorld) {
    this.name = name;
    this.#world = world;
    this.#prng = world.prng.fork(name);
    this.database = new CrashableDatabase(world.steps, this.#prng.fork('disk'));
  }

  /** The running or paused process; null when there is none. */
  get process(): SimulatedProcess | null {
    return this.#process?.isGone === false ? this.#process : null;
  }

  /** The content of the key file; null when there is none. */
  get keyBytes(): Uint8Array | null {
    return this.#keyBytes;
  }

  /** A new process on this machine, with all of its ports but the network's. */
  startProcess(): { process: SimulatedProcess; ports: CommonPorts; prng: Prng } {
    const process = new SimulatedProcess({
      name: this.name,
      clock: this.#world.clock,
      died: (because) => this.unscheduledExits.push(because),
    });
    this.#process = process;
    const prng = this.#prng.fork(`process/${this.#starts}`);
    this.#starts += 1;
    return {
      process,
      prng,
      ports: {
        clock: process.clock,
        random: { bytes: (count) => prng.bytes(count) },
        kem: seededKem,
        openDatabase: this.database.openFor(process),
        keyFile: this.#keyFile(process),
        log: (line) => {
          if (!process.isGone) this.logLines.push(line);
        },
        process: process.facts,
      },
    };
  }

  /** Of the process that ran last. A machine that never ran one has none. */
  inspect(): ProcessState {
    assert(this.#process !== null, `${this.name} was started`);
    return this.#process.state;
  }

  /** SIGKILL: whatever was not committed is lost. */
  crash(): void {
    this.#process?.end();
  }

  /** The machine loses its power: what was committed but not synced is lost as well. */
  powerCut(): void {
    this.crash();
    this.database.powerCut();
  }

  /** The machine is taken away, with its disk. */
  scrap(): void {
    this.database.scrap();
    this.crash();
  }

  /** What the disk holds now; the returned function sets it back to that. No process may run, both times. */
  saveDisk(): () => void {
    assert(this.process === null, `${this.name} has ended before its disk is saved`);
    const [image, keyBytes] = [this.database.bytes(), this.#keyBytes];
    return () => {
      assert(this.process === null, `${this.name} has ended before its disk is set back`);
      this.database.replace(image);
      this.#keyBytes = keyBytes;
    };
  }

  /** Removes what the machine's disk holds. */
  wipe(): void {
    this.database.remove();
    this.#keyBytes = null;
  }

  /** Written and replaced in one step, and synced, as the real one. */
  #keyFile(process: SimulatedProcess): SecretFile {
    return {
      read: () => this.#keyBytes?.slice() ?? null,
      write: (content) => {
        if (!process.isGone) this.#keyBytes = content.slice();
      },
    };
  }
}
