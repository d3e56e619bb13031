/** The relay as a process: arguments, files, sockets and signals. Reads no environment. */
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EnvironmentError, messageOf, ScenarioError } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { reportCrashes } from '../io/crash-report.ts';
import { EventLog } from '../io/event-log.ts';
import { HttpPages, type PageSource } from '../io/http-pages.ts';
import { nodeKem } from '../io/node-kem.ts';
import { processFacts } from '../io/process-facts.ts';
import { secretFileAt } from '../io/secret-file.ts';
import { sqliteDatabaseAt } from '../io/sqlite-database.ts';
import { StorageError } from '../io/storage-error.ts';
import { systemRandom } from '../io/system-random.ts';
import { TcpListener } from '../io/tcp-transport.ts';
import { readTomlFile } from '../io/toml-file.ts';
import { parseRelayConfig } from './config.ts';
import { relayEvents } from './log-events.ts';
import type { RelayChange } from './parts.ts';
import { composeRelay, type Relay } from './relay.ts';
import { ThrottledLines } from './throttled-lines.ts';

const usage = `usage: relay --config FILE [--data-dir DIR]

  --config FILE    relay.toml
  --data-dir DIR   where relative paths of its key file and database lie (default: the working directory)
  --help           this text

The relay prints its id once on stdout and logs events as JSON lines on stderr. SIGTERM and SIGINT stop it.
`;

export interface RelayOptions {
  readonly configPath: string;
  readonly dataDir: string;
  readonly changes?: readonly RelayChange[];
  /** Asked for pages before the relay's own. */
  readonly morePages?: PageSource;
}

export interface RunningRelay {
  readonly relay: Relay;
  /** Bound ports of the data address and of the pages. */
  readonly port: number;
  readonly pagesPort: number;
  /** Ends sessions, closes everything. */
  stop(): Promise<void>;
}

/** Starts a relay in this process. Throws `ScenarioError` for its configuration, `EnvironmentError` for the machine. */
export async function startRelay(options: RelayOptions): Promise<RunningRelay> {
  const { configPath, dataDir, changes = [], morePages } = options;
  const config = parseRelayConfig(configPath, readTomlFile(configPath));
  const clock = systemClock;
  const sink = (line: string): void => void process.stderr.write(`${line}\n`);
  const log = new EventLog({ table: relayEvents, level: config.logLevel, clock, sink });
  const acceptLines = new ThrottledLines(clock);
  const listener = new TcpListener({
    address: config.bind,
    acceptFailed: () => acceptLines.write((skipped) => log.write('accept-failed', { skipped })),
  });
  makeFolder(dataDir);
  const relay = composeRelay(
    {
      clock,
      random: systemRandom,
      kem: nodeKem,
      openDatabase: sqliteDatabaseAt(resolve(dataDir, config.databaseFile)),
      keyFile: secretFileAt(resolve(dataDir, config.keyFile)),
      log: sink,
      process: processFacts,
      listener,
    },
    config,
    changes,
  );
  const pages = new HttpPages(config.httpBind, async (request) => {
    const more = await morePages?.(request);
    if (more !== undefined && more !== null) return more;
    if (request.method === 'POST') return relay.pages.ordered(request.path);
    return request.method === 'GET' || request.method === 'HEAD' ? relay.pages.at(request.path) : null;
  });
  await pages.listen();
  await relay.start();
  return {
    relay,
    port: listener.port,
    pagesPort: pages.port,
    async stop() {
      pages.close();
      await relay.stop();
    },
  };
}

function makeFolder(path: string): void {
  if (existsSync(path)) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    throw new EnvironmentError(
      `making data folder ${path}: ${messageOf(error)}; its parent must exist and be writable`,
      {
        cause: error,
      },
    );
  }
}

/** Runs until a signal: exit code 0 after a stop, 1 after a crash, 2 for the machine, 3 for usage or configuration. */
export async function runRelay(start: () => Promise<RunningRelay>): Promise<void> {
  const log = new EventLog({
    table: relayEvents,
    level: 'info',
    clock: systemClock,
    sink: (line) => process.stderr.write(`${line}\n`),
  });
  reportCrashes((crash) => log.write('crash', { ...crash }));
  let running: RunningRelay;
  try {
    running = await start();
  } catch (error) {
    const isExplained = [ScenarioError, EnvironmentError, StorageError].some((known) => error instanceof known);
    if (!isExplained) throw error;
    process.stderr.write(`relay: ${messageOf(error).replaceAll('\n', '\nrelay: ')}\n`);
    process.exit(error instanceof ScenarioError ? 3 : 2);
  }
  process.stdout.write(`relay id ${running.relay.relayId}\n`);
  const stop = (): void => {
    // Whatever hangs, a peer or a disk, must not hold up the end.
    setTimeout(() => process.exit(0), 1800).unref();
    void running.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** The command line of the release image. */
export async function main(args: readonly string[]): Promise<void> {
  const options = parsedArguments(args);
  if (options !== null) await runRelay(() => startRelay(options));
}

/** The options in the arguments; null after `--help`. Ends the process with 3 for anything it does not know. */
export function parsedArguments(args: readonly string[]): RelayOptions | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, 'data-dir': { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help === true) {
      process.stdout.write(usage);
      return null;
    }
    if (values.config === undefined) throw new Error('--config FILE is missing');
    return { configPath: values.config, dataDir: values['data-dir'] ?? '.' };
  } catch (error) {
    process.stderr.write(`relay: ${messageOf(error)}\n${usage}`);
    process.exit(3);
  }
}
