import {
  type Answer,
  type AnswerValue,
  answerValues,
  type NodeEvent,
  type Operation,
  type ParametersOf,
} from '../../contract/control.ts';
import { assert } from '../../support/assert.ts';
import { EnvironmentError } from '../../support/errors.ts';
import type { NodeConfig } from '../../sut/node/config.ts';
import { NodeControlServer } from '../../sut/node/control.ts';
import type { NodeChange } from '../../sut/node/parts.ts';
import type { Answered, Heal, NodeControl, NodeName, ProcessState } from '../topology/topology.ts';
import { ControlPath } from './control-path.ts';
import { simulatedArgon2 } from './simulated-argon2.ts';
import type { SimulatedLink } from './simulated-link.ts';
import { SimulatedMachine, type StageWorld } from './simulated-machine.ts';
import { exitCodes, type SimulatedProcess } from './simulated-process.ts';
import type { SimulatedNetwork } from './simulated-transport.ts';
import type { SystemChanges } from './system-changes.ts';

const answerMs = 30_000;
/** The program gives itself this long to stop; then it exits. */
const stopMs = 1800;

export interface SimulatedNodeOptions {
  readonly name: NodeName;
  readonly world: StageWorld;
  readonly network: SimulatedNetwork;
  /** The node's own; there once the stage is open. */
  readonly link: () => SimulatedLink;
  readonly config: NodeConfig;
  readonly changes: SystemChanges;
}

/**
 * The reference node on a simulated machine, driven through the control contract as in a container; only that requests
 * and answers are not written as lines.
 */
export class SimulatedNode implements NodeControl {
  readonly name: NodeName;
  readonly machine: SimulatedMachine;
  readonly #options: SimulatedNodeOptions;
  readonly #control: ControlPath;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  #server: NodeControlServer | null = null;
  #requests = 0;

  constructor(options: SimulatedNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.machine = new SimulatedMachine(options.name, options.world);
    this.#control = new ControlPath(options.world.clock, options.world.prng.fork(`control/${options.name}`));
  }

  /** Resolves when the node answers its control. */
  async start(): Promise<void> {
    const { network, config } = this.#options;
    assert(this.machine.process === null, 'a node is started when none is running');
    const { process, ports } = this.machine.startProcess();
    const { openDatabase, keyFile, ...otherPorts } = ports;
    // Last, so that no other change can let the process live on.
    const exits: NodeChange = (parts) => ({ ...parts, fatal: (error) => process.die(error) });
    const started = await this.#control.call(
      process,
      () => {
        this.#server = new NodeControlServer({
          ports: { ...otherPorts, dialer: network.dialerFor(process), argon2: simulatedArgon2 },
          home: { openDatabase, keyFile, fresh: async () => this.machine.wipe() },
          config,
          changes: [...this.#options.changes.node, exits],
          emit: (event) => this.#announce(process, event),
        });
        return this.#server.start();
      },
      answerMs,
    );
    if (started.kind === 'threw') throw started.error;
  }

  async request<Op extends Operation>(
    op: Op,
    parameters: ParametersOf<Op>,
    timeoutMs = answerMs,
  ): Promise<Answered<Op>> {
    const { process } = this.machine;
    if (process === null) return { outcome: 'unknown', code: 'NO_ANSWER', message: `${op}: the node is not running` };
    this.#requests += 1;
    const asked = { id: this.#requests, op, parameters };
    const result = await this.#control.call(process, () => this.#server!.answer(asked), timeoutMs);
    if (result.kind === 'silent') return { outcome: 'unknown', code: 'NO_ANSWER', message: `${op}: ${result.because}` };
    if (result.kind === 'threw') return { outcome: 'unknown', code: 'NO_ANSWER', message: `${op}: no answer` };
    return answeredOf(op, result.value);
  }

  onEvent(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async crash(): Promise<void> {
    this.machine.crash();
  }

  async shutDown(): Promise<void> {
    const process = this.#running('stop');
    await this.#control.call(process, () => this.#server!.close(), stopMs);
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

  async detach(): Promise<Heal> {
    return this.#options.link().detach();
  }

  async saveVolume(): Promise<() => Promise<void>> {
    const setBack = this.machine.saveDisk();
    return async () => setBack();
  }

  /** Its data say that it has read all up to there. The process must have ended. */
  setCursor(cursor: number): void {
    assert(this.machine.process === null, 'a node has ended before its data are changed');
    this.machine.database.inspect((file) =>
      file.prepare(`INSERT OR REPLACE INTO progress (name, value) VALUES ('contiguous', ?)`).run(cursor),
    );
  }

  async networks(): Promise<readonly string[]> {
    return this.#options.link().isDetached ? [] : ['data'];
  }

  async inspect(): Promise<ProcessState> {
    return this.machine.inspect();
  }

  #running(what: string): SimulatedProcess {
    const { process } = this.machine;
    if (process === null) {
      throw new EnvironmentError(`${this.name}: ${what}: the process is not running; restart it first`);
    }
    return process;
  }

  #announce(process: SimulatedProcess, event: NodeEvent): void {
    if (process.isGone) return;
    this.#control.tell(() => {
      for (const listener of [...this.#listeners]) listener(event);
    });
  }
}

/** An answer whose value is not what the contract says tells nothing. The copy that is checked is the tester's own. */
function answeredOf<Op extends Operation>(
  op: Op,
  { outcome, value, code = 'NONE', message = '' }: Answer,
): Answered<Op> {
  if (outcome !== 'ok') return { outcome, code, message };
  const checked = answerValues[op].safeParse(value);
  if (!checked.success) {
    return { outcome: 'unknown', code: 'BAD_ANSWER', message: `${op}: the value is not as the contract says` };
  }
  return { outcome: 'ok', value: checked.data as AnswerValue<Op> };
}
