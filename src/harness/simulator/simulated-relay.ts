import type { RelayStats } from '../../contract/relay-stats.ts';
import { assert } from '../../support/assert.ts';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import type { RelayHooks } from '../../sut/defects/relay-hooks.ts';
import type { RelayConfig } from '../../sut/relay/config.ts';
import type { RelayChange } from '../../sut/relay/parts.ts';
import { composeRelay, type Relay } from '../../sut/relay/relay.ts';
import type { ProcessState, RelayControl } from '../topology/topology.ts';
import { ControlPath } from './control-path.ts';
import { SimulatedMachine, type StageWorld } from './simulated-machine.ts';
import { exitCodes, type SimulatedProcess } from './simulated-process.ts';
import type { SimulatedNetwork } from './simulated-transport.ts';
import type { SystemChanges } from './system-changes.ts';

/** As long as a tester of containers waits for a page. */
const answerMs = 5000;
/** The program gives itself this long to stop; then it exits. */
const stopMs = 1800;

export interface SimulatedRelayOptions {
  readonly world: StageWorld;
  readonly network: SimulatedNetwork;
  readonly config: RelayConfig;
  readonly changes: SystemChanges;
}

/** The reference relay on a simulated machine. */
export class SimulatedRelay implements RelayControl {
  readonly machine: SimulatedMachine;
  readonly #options: SimulatedRelayOptions;
  readonly #control: ControlPath;
  #relay: Relay | null = null;
  /** Of every process so far. */
  readonly #hooks: RelayHooks[] = [];

  constructor(options: SimulatedRelayOptions) {
    this.#options = options;
    this.machine = new SimulatedMachine('relay', options.world);
    this.#control = new ControlPath(options.world.clock, options.world.prng.fork('control/relay'));
  }

  /** Resolves when the relay accepts connections. */
  async start(): Promise<void> {
    const { network, config } = this.#options;
    const { changes, hooks } = this.#options.changes.relay();
    this.#hooks.push(hooks);
    assert(this.machine.process === null, 'a relay is started when none is running');
    const { process, ports } = this.machine.startProcess();
    // Last, so that no other change can let the process live on.
    const exits: RelayChange = (parts) => ({ ...parts, fatal: (error) => process.die(error) });
    await this.#ask('start', process, async () => {
      const relay = composeRelay({ ...ports, listener: network.listenerFor(process) }, config, [...changes, exits]);
      this.#relay = relay;
      await relay.start();
    });
  }

  get relayId(): string {
    assert(this.#relay !== null, 'the relay was started');
    return this.#relay.relayId;
  }

  async stats(): Promise<RelayStats> {
    return this.#ask('stats', this.#running('stats'), (relay) => relay.stats());
  }

  /** The text of one of the relay's pages. */
  async page(path: string): Promise<string> {
    return this.#ask(path, this.#running(path), async (relay) => {
      const page = await relay.pages.at(path);
      if (page === null) throw new EnvironmentError(`relay: expected a page at ${path}, got none`);
      return page.body;
    });
  }

  async cleanUp(): Promise<void> {
    await this.#ask('clean up', this.#running('clean up'), (relay) => relay.cleanUp());
  }

  async hook(name: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#ask(`hook ${name}`, this.#running(`hook ${name}`), async () =>
      this.#hooks.at(-1)!.arm(name, parameters),
    );
  }

  /** Its own secrets of every handshake that started since, finished or not. */
  handshakeSecrets(sinceWallMs: number): Uint8Array[] {
    return this.#hooks
      .flatMap((hooks) => hooks.handshakeSecrets())
      .filter(({ atMs }) => atMs >= sinceWallMs)
      .flatMap(({ secrets }) => secrets.map((secret) => new Uint8Array(Buffer.from(secret, 'base64'))));
  }

  async crash(): Promise<void> {
    this.machine.crash();
  }

  async shutDown(): Promise<void> {
    const process = this.#running('stop');
    await this.#control.call(process, () => this.#relay!.stop(), stopMs);
    process.end(exitCodes.inOrder);
  }

  async restart(): Promise<void> {
    await this.start();
  }

  async pause(): Promise<void> {
    this.#running('pause').pause();
  }

  async resume(): Promise<void> {
    this.#running('resume').resume();
  }

  async inspect(): Promise<ProcessState> {
    return this.machine.inspect();
  }

  #running(what: string): SimulatedProcess {
    const { process } = this.machine;
    if (process === null) throw new EnvironmentError(`relay: ${what}: the process is not running; restart it first`);
    return process;
  }

  async #ask<T>(what: string, process: SimulatedProcess, work: (relay: Relay) => Promise<T>): Promise<T> {
    const result = await this.#control.call(process, () => work(this.#relay!), answerMs);
    if (result.kind === 'answered') return result.value;
    if (result.kind === 'silent') throw new EnvironmentError(`relay: ${what}: ${result.because}`);
    throw new EnvironmentError(`relay: ${what}: ${messageOf(result.error)}`, { cause: result.error });
  }
}
