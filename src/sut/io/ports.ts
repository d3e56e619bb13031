import type { Clock } from '../../support/clock.ts';
import type { Kem } from '../core/kem.ts';
import type { OpenDatabase } from './database.ts';
import type { Dialer, Listener } from './transport.ts';

/** Unpredictable bytes in containers, seeded bytes in the simulator. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}

/** A small file that holds secrets: mode 0600 in containers, a byte array in the simulator. */
export interface SecretFile {
  /** The content, or null when there is none. */
  read(): Uint8Array | null;
  write(content: Uint8Array): void;
}

/** Where log lines go: stderr in containers, a list in the simulator. One call is one line without its newline. */
export type LogSink = (line: string) => void;

/** What both halves of the system get handed in. */
export interface CommonPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly kem: Kem;
  readonly openDatabase: OpenDatabase;
  readonly keyFile: SecretFile;
  readonly log: LogSink;
  /** Process facts for statistics; the simulator models them. */
  readonly process: ProcessFacts;
}

export interface ProcessFacts {
  openDescriptors(): number;
  residentBytes(): number;
  /** Opens one more descriptor, as a file or socket would; the simulator counts it. */
  openDescriptor(): { close(): void };
}

export interface RelayPorts extends CommonPorts {
  readonly listener: Listener;
}

export interface NodePorts extends CommonPorts {
  readonly dialer: Dialer;
  /** Passphrase to secret (Argon2id v1.3); asynchronous and off the main thread where the platform can. */
  readonly argon2: (options: Argon2Options) => Promise<Uint8Array>;
}

export interface Argon2Options {
  readonly passphrase: Uint8Array;
  readonly salt: Uint8Array;
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}
