import type Docker from 'dockerode';
import { type RelayStats, relayStats } from '../../contract/relay-stats.ts';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { until, WaitError } from '../../support/until.ts';
import type { SystemManifest } from '../topology/system.ts';
import type { ProcessState, RelayControl } from '../topology/topology.ts';
import type { ContainedProcess } from './contained-process.ts';
import { HeldShell } from './held-shell.ts';
import { lastWords } from './last-words.ts';
import { LogReader } from './log-reader.ts';
import { type FetchedPage, fetchPage } from './relay-pages.ts';

/** Where the test image takes orders to arm a hook. */
const hookPath = '/admin/hook';
/** Long, for machines with much to do: a relay that cannot start ends, which is noticed at once. */
const readyTimeoutMs = 60_000;

/** The relay in its container; its statistics and hooks are asked for on the control-only network. */
export class DockerRelay implements RelayControl {
  readonly process: ContainedProcess;
  /** A shell beside the relay, to mark its log and read its temporary files. */
  readonly shell: HeldShell;
  readonly #docker: Docker;
  readonly #manifest: SystemManifest['relay'];
  readonly #address: string;
  #identity: string | null = null;

  constructor(
    docker: Docker,
    process: ContainedProcess,
    options: { readonly manifest: SystemManifest['relay']; readonly controlAddress: string },
  ) {
    this.#docker = docker;
    this.process = process;
    this.shell = new HeldShell(docker, process);
    this.#manifest = options.manifest;
    this.#address = options.controlAddress;
  }

  /** Starts the process and waits until one of its pages answers, where it has pages. */
  async start(): Promise<void> {
    await this.process.start();
    await this.#untilReady();
  }

  async stats(): Promise<RelayStats | null> {
    const path = this.#manifest.pages?.stats;
    if (path === undefined || path === null) return null;
    const { body } = await this.page(path);
    const read = relayStats.safeParse(JSON.parse(body));
    if (read.success) return read.data;
    const issue = read.error.issues[0];
    throw new EnvironmentError(
      `reading the relay's statistics: ${issue?.path.join('.')}: ${issue?.message}; src/contract/relay-stats.ts says what the page holds`,
    );
  }

  async cleanUp(): Promise<void> {
    const path = this.#manifest.pages?.cleanUp ?? null;
    if (path === null) throw new EnvironmentError('cleaning up: the manifest names no page `cleanUp` of the relay');
    const { status } = await fetchPage(this.url(path), { method: 'POST' });
    if (status !== 200) throw new EnvironmentError(`telling the relay to clean up: status ${status} of ${path}`);
  }

  async hook(name: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    const body = JSON.stringify({ name, parameters });
    const answered = await fetchPage(this.url(hookPath), { method: 'POST', body });
    if (answered.status !== 200) {
      throw new EnvironmentError(
        `arming hook ${JSON.stringify(name)} of the relay: status ${answered.status}; only the test image has hooks`,
      );
    }
  }

  /** The relay's own name, for addresses; null where the system has none. Asked for once: it outlasts restarts. */
  async identity(): Promise<string | null> {
    const path = this.#manifest.pages?.identity;
    if (path === undefined || path === null) return null;
    if (this.#identity === null) {
      const { body } = await this.page(path);
      this.#identity = (JSON.parse(body) as { relay_id: string }).relay_id;
    }
    return this.#identity;
  }

  /** One of its pages. Fails while the relay is down or paused. */
  async page(path: string): Promise<FetchedPage> {
    const page = await fetchPage(this.url(path)).catch((error: unknown) => {
      throw new EnvironmentError(`asking the relay for ${path}: ${messageOf(error)}`, { cause: error });
    });
    if (page.status !== 200) throw new EnvironmentError(`asking the relay for ${path}: status ${page.status}`);
    return page;
  }

  url(path: string): string {
    return `http://${this.#address}:${this.#manifest.pages?.port}${path}`;
  }

  crash(): Promise<void> {
    return this.process.crash();
  }

  shutDown(): Promise<void> {
    return this.process.shutDown();
  }

  restart(): Promise<void> {
    return this.start();
  }

  pause(): Promise<void> {
    return this.process.pause();
  }

  resume(): Promise<void> {
    return this.process.resume();
  }

  inspect(): Promise<ProcessState> {
    return this.process.inspect();
  }

  close(): void {
    this.shell.close();
  }

  async #untilReady(): Promise<void> {
    const pages = this.#manifest.pages;
    const path = pages?.health ?? pages?.identity ?? pages?.metrics;
    if (path === undefined || path === null) return;
    try {
      await until(systemClock, {
        what: 'the relay’s pages to answer',
        probe: () => fetchPage(this.url(path)).then(({ status }) => status, messageOf),
        holds: (seen) => seen === 200 || !this.process.isRunning,
        everyMs: 20,
        timeoutMs: readyTimeoutMs,
      });
    } catch (error) {
      if (!(error instanceof WaitError)) throw error;
      throw new EnvironmentError(
        `starting the relay: ${error.message}; see docker logs, and that this host reaches the stage's control network`,
        { cause: error },
      );
    }
    if (!this.process.isRunning) {
      throw new EnvironmentError(
        `starting the relay: its process ended at once${await this.#lastWords()}; its image, arguments or configuration may be wrong`,
      );
    }
  }

  /** The end of its log, for an error at its start: nothing of a trial is in it. */
  async #lastWords(): Promise<string> {
    const { stdout, stderr } = await new LogReader(this.#docker, this.process.id).read();
    return lastWords(Buffer.concat([stdout, stderr]).toString('utf8'));
  }
}
