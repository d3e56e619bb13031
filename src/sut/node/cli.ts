import { Command, CommanderError } from 'commander';
import { EnvironmentError, messageOf, NodeError, ScenarioError } from '../../support/errors.ts';
import { IdError, parseBlobId } from '../core/ids.ts';
import type { NodePorts } from '../io/ports.ts';
import { StorageError } from '../io/storage-error.ts';
import { type ClientConfig, clientConfig } from './client-config.ts';
import type { DeviceHome } from './device-home.ts';
import { newIdentity, readIdentity, writeIdentity } from './identity.ts';
import { composeNode } from './parts.ts';
import { shownItem, statusLines } from './shown.ts';
import type { SyncNode } from './sync-node.ts';
import { connectedWithin, NotConnected } from './wait-connected.ts';

export const exitCodes = { ok: 0, failed: 1, usage: 3 } as const;

/** What the command line needs of the machine it runs on. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  readonly defaultDataDir: string;
  readonly memoryMB: number;
  /** Logs of commands that a person typed go nowhere unless SYNC_LOG_LEVEL is set. */
  readonly ports: Omit<NodePorts, 'openDatabase' | 'keyFile'>;
  /** Makes the folder when it is missing, for its owner only. */
  deviceFolder(path: string): DeviceHome;
  readFile(path: string): Uint8Array;
  readToml(path: string): unknown;
  /** One line of standard input. */
  readLine(prompt: string): Promise<string>;
  out(line: string): void;
  err(line: string): void;
  /** Runs the control endpoint on standard input and output until the process is told to stop. */
  control(home: DeviceHome, config: ClientConfig): Promise<void>;
}

interface GlobalOptions {
  readonly dataDir: string;
  readonly config?: string;
  readonly relay?: readonly string[];
}

/** How long a person waits for the relay after a save, and before an answer that only the relay can give. */
const syncWithinMs = 3000;
const connectWithinMs = 5000;
export const pendingMessage = 'Changes saved locally. Will sync when connection restored.';

/** Runs one command line; resolves with its exit code. Only bugs come out as errors. */
export async function runCli(args: readonly string[], machine: Machine): Promise<number> {
  try {
    await new NodeCli(machine).program.parseAsync([...args], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (error instanceof ScenarioError) {
      machine.err(`node: ${error.message}`);
      return exitCodes.usage;
    }
    const isExplained = [NodeError, IdError, StorageError, EnvironmentError, NotConnected].some(
      (known) => error instanceof known,
    );
    if (!isExplained) throw error;
    machine.err(`node: ${messageOf(error)}`);
    return exitCodes.failed;
  }
}

/** The commands. Each opens the device, does its part and closes it again. */
class NodeCli {
  readonly program: Command;
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.program = this.#commands();
  }

  #commands(): Command {
    const { defaultDataDir, err, out } = this.#machine;
    const program = new Command('node')
      .description('End-to-end encrypted sync of small items between your devices.')
      .option('--data-dir <dir>', 'where this device keeps its keys and items', defaultDataDir)
      .option('--config <file>', 'a TOML file with a [sync] table')
      .option(
        '--relay <address>',
        'host:port or host:port/RELAY-ID (else SYNC_RELAY_ADDRESSES, else the file)',
        (address: string, before: readonly string[] = []) => [...before, address],
      )
      .addHelpText(
        'after',
        '\nEnvironment: SYNC_RELAY_ADDRESSES (comma separated), SYNC_LOG_LEVEL (info, debug, trace), SYNC_DEVICE_NAME.\nExit codes: 0 done, 1 the operation failed, 3 the command line or a file is wrong.',
      )
      .exitOverride()
      .configureOutput({ writeErr: (text) => err(text.trimEnd()), writeOut: (text) => out(text.trimEnd()) })
      .showHelpAfterError('(--help shows what there is)');
    program
      .command('init')
      .description('make this device: new keys, empty storage')
      .option('--name <name>', 'how your other devices show it (else SYNC_DEVICE_NAME, else the host name)')
      .action((options: { name?: string }) => this.#init(options.name));
    program
      .command('pair')
      .description('make a group, or join one with the link from a device that is in it')
      .option('--create', 'make a group, or another invite to the group of this device')
      .option('--join <link>', 'an invite link')
      .option('--passphrase [text]', 'of the group; without a text it is read from standard input')
      .action((options: PairArguments) => this.#pair(options));
    program
      .command('push')
      .description('save an item and send it')
      .argument('[text]', 'the item')
      .option('--file <file>', 'take the content of a file')
      .action((text: string | undefined, options: { file?: string }) => this.#push(text, options.file));
    program
      .command('pull')
      .description('fetch what is new and show it')
      .option('--after-cursor <n>', 'show everything after this cursor instead')
      .action((options: { afterCursor?: string }) => this.#pull(options.afterCursor));
    program
      .command('delete')
      .description('delete an item on all devices')
      .argument('<item>', 'its id')
      .option('--force', 'let the relay drop it at once; only for items of this device')
      .action((item: string, options: { force?: boolean }) => this.#delete(item, options.force ?? false));
    program
      .command('status')
      .description('show how this device stands')
      .action(() => this.#status());
    program
      .command('devices')
      .description('show the devices of the group')
      .action(() => this.#devices());
    program
      .command('control')
      .description('be driven by a program: one JSON request per line on standard input, answers on standard output')
      .action(() => this.#control());
    return program;
  }

  async #init(name: string | undefined): Promise<void> {
    const { hostName, ports, out } = this.#machine;
    const { deviceName } = this.#config();
    const home = this.#home();
    if (readIdentity(home.keyFile) !== null) {
      throw new NodeError('DEVICE_EXISTS', 'init: there is a device here already; choose another --data-dir', {
        definite: true,
      });
    }
    const identity = newIdentity(name ?? deviceName ?? hostName, ports.random);
    writeIdentity(home.keyFile, identity);
    out(`device ${identity.id}`);
  }

  async #pair({ create, join, passphrase }: PairArguments): Promise<void> {
    if ((create === true) === (join !== undefined)) throw usage('pair: expected either --create or --join LINK');
    const { out } = this.#machine;
    await this.#withDevice(async (device, { relays }) => {
      if (create === true && device.identity.group !== null) {
        out(device.newInvite());
        return;
      }
      if (relays.length === 0) throw usage('pair: expected --relay ADDRESS or SYNC_RELAY_ADDRESSES, got none');
      const options = { relays, passphrase: await this.#passphrase(passphrase) };
      if (join === undefined) {
        out(await device.createGroup(options));
      } else {
        await device.joinGroup({ ...options, invite: join });
        out(`joined ${device.identity.group!.id}`);
      }
    });
  }

  async #push(text: string | undefined, file: string | undefined): Promise<void> {
    if ((text === undefined) === (file === undefined)) throw usage('push: expected either TEXT or --file FILE');
    const { out, readFile } = this.#machine;
    const body = file === undefined ? new TextEncoder().encode(text) : readFile(file);
    await this.#withDevice(async (device) => {
      device.connectOnce();
      const { item, result } = await device.pushUntilRelay(body, syncWithinMs);
      out(item);
      if (result?.kind === 'failed') {
        throw new NodeError(result.code, 'push: saved here, but the relay will never take it', { definite: true });
      }
      out(result === null ? pendingMessage : 'Synced.');
    });
  }

  async #pull(afterCursor: string | undefined): Promise<void> {
    const { out, ports } = this.#machine;
    const after = afterCursor === undefined ? null : wholeNumber('--after-cursor', afterCursor);
    await this.#withDevice(async (device) => {
      const before = new Set((await device.rows()).map(({ blobId }) => blobId));
      await connectedWithin(device, ports.clock, connectWithinMs);
      const { cursor } = await device.pull();
      const shown = (await device.rows()).filter((row) =>
        after === null ? !before.has(row.blobId) : (row.cursor ?? 0) > after,
      );
      for (const row of shown) out(shownItem(row));
      out(`${shown.length} items, cursor ${cursor}`);
    });
  }

  async #delete(text: string, force: boolean): Promise<void> {
    const { out } = this.#machine;
    const item = parseBlobId(text);
    await this.#withDevice(async (device) => {
      device.connectOnce();
      const isSynced = await device.deleteUntilRelay(item, { force }, syncWithinMs);
      out(isSynced ? 'Synced.' : pendingMessage);
    });
  }

  async #status(): Promise<void> {
    const { out, ports } = this.#machine;
    await this.#withDevice(async (device) => {
      if (device.identity.group !== null) {
        await connectedWithin(device, ports.clock, syncWithinMs).catch((error: unknown) => {
          if (!(error instanceof NotConnected)) throw error;
        });
      }
      for (const line of await statusLines(device)) out(line);
    });
  }

  async #devices(): Promise<void> {
    const { out, ports } = this.#machine;
    await this.#withDevice(async (device) => {
      await connectedWithin(device, ports.clock, connectWithinMs);
      for (const { device: id, name, online, pending } of await device.devices()) {
        out(
          `${id}  ${online ? 'online ' : 'offline'}  ${pending} pending  ${name ?? '(name sealed by another group)'}`,
        );
      }
    });
  }

  #control(): Promise<void> {
    return this.#machine.control(this.#home(), this.#config());
  }

  async #withDevice(work: (device: SyncNode, config: ClientConfig) => Promise<void>): Promise<void> {
    const config = this.#config();
    const { ports } = this.#machine;
    const { openDatabase, keyFile } = this.#home();
    const device = composeNode({ ...ports, openDatabase, keyFile }, config.node);
    try {
      if (device.identity.group !== null && config.relays.length > 0) device.setRelays(config.relays);
      await work(device, config);
    } finally {
      await device.close();
    }
  }

  #home(): DeviceHome {
    return this.#machine.deviceFolder(this.program.opts<GlobalOptions>().dataDir);
  }

  #config(): ClientConfig {
    const { config: path, relay } = this.program.opts<GlobalOptions>();
    const { env, memoryMB, readToml } = this.#machine;
    const file = path === undefined ? null : { path, tables: readToml(path) };
    const config = clientConfig({ file, env, memoryMB });
    return relay === undefined ? config : { ...config, relays: relay };
  }

  async #passphrase(given: string | boolean | undefined): Promise<string | undefined> {
    const passphrase = given === true ? await this.#machine.readLine('passphrase: ') : given;
    if (passphrase === false || passphrase === undefined) return undefined;
    if (passphrase === '') throw usage('--passphrase: expected at least one character, got none');
    return passphrase;
  }
}

interface PairArguments {
  readonly create?: boolean;
  readonly join?: string;
  readonly passphrase?: string | boolean;
}

function usage(problem: string): ScenarioError {
  return new ScenarioError(problem);
}

function wholeNumber(where: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw usage(`${where}: expected a whole number from 0, got ${JSON.stringify(text)}`);
}
