import type { OpenDatabase } from '../io/database.ts';
import type { SecretFile } from '../io/ports.ts';

/** Where one device lives: a folder in containers, memory in the simulator. Restarts of the process find it again. */
export interface DeviceHome {
  /** Removes everything the device here ever wrote. Its database must be closed. */
  fresh(): Promise<void>;
  readonly openDatabase: OpenDatabase;
  readonly keyFile: SecretFile;
}
