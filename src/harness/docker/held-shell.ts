import type Docker from 'dockerode';
import { execAttached } from './attachment.ts';
import type { ContainedProcess } from './contained-process.ts';
import { Shell } from './shell.ts';

/** A shell inside the container of relay or node, opened when first needed and again after each start of it. */
export class HeldShell {
  readonly #docker: Docker;
  readonly #process: ContainedProcess;
  #shell: Promise<Shell> | null = null;

  constructor(docker: Docker, process: ContainedProcess) {
    this.#docker = docker;
    this.#process = process;
  }

  async open(): Promise<Shell> {
    const held = await this.#shell?.catch(() => null);
    if (held?.isOpen) return held;
    const { name, id } = this.#process;
    this.#shell = execAttached(this.#docker, id, ['sh']).then((attachment) => new Shell(name, attachment));
    return this.#shell;
  }

  close(): void {
    void this.#shell?.then(
      (shell) => shell.close(),
      () => undefined,
    );
    this.#shell = null;
  }
}
