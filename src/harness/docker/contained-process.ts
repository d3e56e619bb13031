/** The life of one part of the system in its container: what was ordered, and what ended by itself. */
import type Docker from 'dockerode';
import pRetry from 'p-retry';
import { EnvironmentError } from '../../support/errors.ts';
import type { ProcessState } from '../topology/topology.ts';
import { engineCall, statusOf } from './engine.ts';

/** Grace between the stop signal and SIGKILL. */
const stopSecondsMax = 10;
/** Where control groups are of version 1, a process that is just making threads can escape the freezer for a moment. */
const freezeRetriesMax = 20;

export class ContainedProcess {
  readonly name: string;
  readonly id: string;
  readonly #container: Docker.Container;
  #isRunning = false;
  #isPaused = false;
  /** Ends that were ordered and of which the engine has not told yet; its word may come after the next start. */
  #orderedEnds = 0;
  #unscheduledExits: string[] = [];

  constructor(docker: Docker, name: string, id: string) {
    this.name = name;
    this.id = id;
    this.#container = docker.getContainer(id);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Ends that nobody ordered since the trial began. */
  get unscheduledExits(): readonly string[] {
    return this.#unscheduledExits;
  }

  forgetExits(): void {
    this.#unscheduledExits = [];
    this.#orderedEnds = 0;
  }

  async start(): Promise<void> {
    await engineCall(`starting ${this.name}`, () => this.#container.start());
    this.#isRunning = true;
  }

  /** SIGKILL; resolves when the process is gone. */
  crash(): Promise<void> {
    return this.#end(`killing ${this.name}`, () => this.#container.kill({ signal: 'SIGKILL' }));
  }

  /** The stop signal of the image or Compose file, SIGKILL after 10 s. */
  shutDown(): Promise<void> {
    return this.#end(`stopping ${this.name}`, () => this.#container.stop({ t: stopSecondsMax }));
  }

  async pause(): Promise<void> {
    if (this.#isPaused) return;
    if (!this.#isRunning) {
      throw new EnvironmentError(`pausing ${this.name}: its process is not running; restart it first`);
    }
    await pRetry(() => engineCall(`pausing ${this.name}`, () => this.#container.pause()), {
      retries: freezeRetriesMax,
      minTimeout: 20,
      factor: 1,
      shouldRetry: ({ error }) => /unable to freeze/.test(error.message),
    });
    this.#isPaused = true;
  }

  async resume(): Promise<void> {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#isRunning) await engineCall(`resuming ${this.name}`, () => this.#container.unpause());
  }

  /** By the engine's word. */
  async inspect(): Promise<ProcessState> {
    const { State } = await engineCall(`inspecting ${this.name}`, () => this.#container.inspect());
    return {
      status: State.Paused ? 'paused' : State.Running ? 'running' : 'ended',
      startedAtMs: Date.parse(State.StartedAt),
      endedAtMs: State.Running ? null : Date.parse(State.FinishedAt),
      exitCode: State.Running ? null : State.ExitCode,
    };
  }

  /** Told by the engine's events. */
  died(exitCode: string): void {
    if (this.#orderedEnds > 0) {
      this.#orderedEnds -= 1;
      return;
    }
    this.#isRunning = false;
    this.#isPaused = false;
    this.#unscheduledExits.push(`exit code ${exitCode}`);
  }

  async #end(doing: string, call: () => Promise<unknown>): Promise<void> {
    this.#orderedEnds += 1;
    await engineCall(doing, call).catch((error: unknown) => {
      // 304 and 409 say that it is not running, which is what was wanted.
      if (![304, 404, 409].includes(statusOf(error) ?? 0)) throw error;
      this.#orderedEnds = Math.max(0, this.#orderedEnds - 1);
    });
    await engineCall(`waiting for the end of ${this.name}`, () => this.#container.wait({ condition: 'not-running' }));
    this.#isRunning = false;
    this.#isPaused = false;
  }
}
