import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import type { NodeEvent, Operation, ParametersOf } from '../../contract/control.ts';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import type { Answered, Heal, NodeControl, ProcessState } from '../topology/topology.ts';
import { type Attachment, attach } from './attachment.ts';
import type { ContainedProcess } from './contained-process.ts';
import { ControlChannel } from './control-channel.ts';
import { HeldShell } from './held-shell.ts';
import { lastWords } from './last-words.ts';
import type { NodeNetwork } from './node-network.ts';
import type { VolumeKeeper } from './volume-keeper.ts';
import { withinMs } from './within-ms.ts';

const requestTimeoutMs = 15_000;
const helloTimeoutMs = 60_000;
const lastWordsWithinMs = 5_000;

/** One node in its container, driven over its attached standard streams, out of band of every network. */
export class DockerNode implements NodeControl {
  readonly name: string;
  readonly process: ContainedProcess;
  /** A shell beside the node, to mark its log. */
  readonly shell: HeldShell;
  readonly #docker: Docker;
  readonly #network: () => NodeNetwork;
  readonly #keeper: VolumeKeeper;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #log: Buffer[] = [];
  #strays: string[] = [];
  #channel: ControlChannel | null = null;
  #attachment: Attachment | null = null;

  /** `network` is there once the stage is open. */
  constructor(
    docker: Docker,
    process: ContainedProcess,
    { keeper, network }: { readonly keeper: VolumeKeeper; readonly network: () => NodeNetwork },
  ) {
    this.#docker = docker;
    this.#keeper = keeper;
    this.#network = network;
    this.name = process.name;
    this.process = process;
    this.shell = new HeldShell(docker, process);
  }

  /** Attaches, starts the process and waits until control answers. */
  async start(): Promise<void> {
    const attachment = await attach(this.#docker, this.process.id);
    attachment.stderr.on('data', (chunk: Buffer) => this.#log.push(chunk));
    this.#attachment = attachment;
    this.#channel = new ControlChannel(attachment, {
      onEvent: (event) => {
        for (const listener of this.#listeners) listener(event);
      },
      onStray: (problem) => this.#strays.push(problem),
    });
    await this.process.start();
    const hello = await this.request('hello', {}, helloTimeoutMs);
    if (hello.outcome !== 'ok') {
      throw new EnvironmentError(
        `opening control of ${this.name}: hello answered ${hello.outcome} (${hello.code}: ${hello.message})${lastWords(Buffer.concat(this.#log).toString('utf8'))}; its image or arguments may be wrong`,
      );
    }
  }

  request<Op extends Operation>(
    op: Op,
    parameters: ParametersOf<Op>,
    timeoutMs = defaultTimeoutMs(parameters),
  ): Promise<Answered<Op>> {
    if (this.#channel === null) throw new Error(`assert: ${this.name} is started before it is asked`);
    return this.#channel.request(op, parameters, timeoutMs);
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async crash(): Promise<void> {
    await this.process.crash();
    await this.#allHeard();
  }

  async shutDown(): Promise<void> {
    await this.process.shutDown();
    await this.#allHeard();
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

  detach(): Promise<Heal> {
    return this.#network().detach();
  }

  async saveVolume(): Promise<() => Promise<void>> {
    this.#expectEnded('saving');
    const saved = await this.#keeper.save(this.name);
    return async () => {
      this.#expectEnded('setting back');
      await this.#keeper.putBack(this.name, saved);
    };
  }

  networks(): Promise<readonly string[]> {
    return this.#network().names();
  }

  inspect(): Promise<ProcessState> {
    return this.process.inspect();
  }

  /** What the node wrote to stderr since it was last taken, and what broke the contract is forgotten with it. */
  takeLog(): Buffer {
    this.#strays = [];
    return Buffer.concat(this.#log.splice(0));
  }

  /** What came over control and is not of the contract, since the log was last taken. */
  get strays(): readonly string[] {
    return this.#strays;
  }

  close(): void {
    this.shell.close();
    this.#attachment?.close();
  }

  #expectEnded(doing: string): void {
    if (!this.process.isRunning) return;
    throw new EnvironmentError(`${doing} the volume of ${this.name}: its process runs; end it first`);
  }

  /** Its last words may still be on their way when the process is gone. */
  async #allHeard(): Promise<void> {
    const attachment = this.#attachment;
    if (attachment === null) return;
    await withinMs(lastWordsWithinMs, Promise.all([finished(attachment.stdout), finished(attachment.stderr)])).catch(
      (error: unknown) => {
        throw new EnvironmentError(
          `waiting for the last words of ${this.name}: ${messageOf(error)}; see that the engine is well (npm run chaos -- doctor)`,
        );
      },
    );
  }
}

/** An operation with a deadline of its own gets time to report that it ran out. */
function defaultTimeoutMs(parameters: object): number {
  const { deadlineMs = 0 } = parameters as { deadlineMs?: number };
  return Math.max(requestTimeoutMs, deadlineMs + 5_000);
}
