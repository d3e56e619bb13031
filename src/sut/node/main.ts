/** The node as a process: arguments, environment, files, sockets, standard streams and signals. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EnvironmentError, messageOf, ScenarioError } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { nodeArgon2 } from '../io/argon2.ts';
import { reportCrashes } from '../io/crash-report.ts';
import { EventLog } from '../io/event-log.ts';
import { nodeKem } from '../io/node-kem.ts';
import type { NodePorts } from '../io/ports.ts';
import { processFacts } from '../io/process-facts.ts';
import { secretFileAt } from '../io/secret-file.ts';
import { sqliteDatabaseAt } from '../io/sqlite-database.ts';
import { systemRandom } from '../io/system-random.ts';
import { tcpDialer } from '../io/tcp-transport.ts';
import { readTomlFile } from '../io/toml-file.ts';
import { type Machine, runCli } from './cli.ts';
import type { NodeConfig } from './config.ts';
import { type Hook, NodeControlServer } from './control.ts';
import type { DeviceHome } from './device-home.ts';
import { nodeLogEvents } from './log-events.ts';
import type { NodeChange } from './parts.ts';

/** What the test image's entry point adds; the release image has neither. */
export interface NodeExtras {
  readonly changes?: readonly NodeChange[];
  readonly hooks?: Readonly<Record<string, Hook>>;
}

export interface NodeOptions extends NodeExtras {
  readonly home: DeviceHome;
  readonly config: NodeConfig;
}

type SharedPorts = Omit<NodePorts, 'openDatabase' | 'keyFile'>;

const keyFileName = 'device.key';
const databaseName = 'node.db';

/** Runs the control endpoint on standard input and output until it is told to stop or its input ends. */
export async function startNode({ home, config, changes = [], hooks = {} }: NodeOptions): Promise<void> {
  const ports = machinePorts(errorLine);
  const log = new EventLog({ table: nodeLogEvents, level: config.logLevel, clock: ports.clock, sink: errorLine });
  const emit = (message: unknown): void => outLine(JSON.stringify(message));
  const server = new NodeControlServer({ ports, home, config, changes, hooks, emit });
  await server.start();
  log.write('started', {});
  const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  input.on('line', (line) => {
    if (line.trim() !== '') void server.handle(line).then(outLine);
  });
  await new Promise<void>((resolve) => {
    input.once('close', resolve);
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  input.close();
  await server.close();
  log.write('stopped', {});
}

/** One command line, up to the end of the process. */
export async function main(args: readonly string[], extras: NodeExtras = {}): Promise<void> {
  // The database holds plaintext: whatever this process writes is for its owner only.
  process.umask(0o077);
  const log = new EventLog({ table: nodeLogEvents, level: 'info', clock: systemClock, sink: errorLine });
  reportCrashes((crash) => log.write('crash', { ...crash }));
  process.exit(await runCli(args, realMachine(extras)));
}

function realMachine(extras: NodeExtras): Machine {
  const isVerbose = process.env.SYNC_LOG_LEVEL !== undefined;
  return {
    env: process.env,
    hostName: hostname(),
    defaultDataDir: join(homedir(), '.0k-sync'),
    memoryMB: Math.floor(totalmem() / 1_000_000),
    ports: machinePorts(isVerbose ? errorLine : () => undefined),
    deviceFolder,
    readFile(path) {
      try {
        return new Uint8Array(readFileSync(path));
      } catch (error) {
        throw new ScenarioError(`--file ${path}: expected a readable file, got ${messageOf(error)}`);
      }
    },
    readToml: readTomlFile,
    readLine,
    out: outLine,
    err: errorLine,
    control: (home, { node }) => startNode({ home, config: node, ...extras }),
  };
}

function machinePorts(log: (line: string) => void): SharedPorts {
  return {
    clock: systemClock,
    random: systemRandom,
    kem: nodeKem,
    log,
    process: processFacts,
    dialer: tcpDialer,
    argon2: nodeArgon2,
  };
}

/** A device in a folder, which is made when it is missing. */
function deviceFolder(path: string): DeviceHome {
  const database = join(path, databaseName);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new EnvironmentError(`making ${path}: ${messageOf(error)}; choose another --data-dir`, { cause: error });
  }
  return {
    openDatabase: sqliteDatabaseAt(database),
    keyFile: secretFileAt(join(path, keyFileName)),
    async fresh() {
      // The key goes last: a device is there as long as its key is.
      const files = [database, `${database}-wal`, `${database}-shm`, join(path, keyFileName)];
      for (const file of files) rmSync(file, { force: true });
    },
  };
}

function readLine(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const input = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    let answer = '';
    input.once('line', (line) => {
      answer = line;
      input.close();
    });
    input.once('close', () => resolve(answer));
  });
}

function outLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

function errorLine(line: string): void {
  process.stderr.write(`${line}\n`);
}
