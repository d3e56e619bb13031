/** Reads what relay and nodes keep on their data volumes, from a sidecar that mounts them all. */
import type Docker from 'dockerode';
import { engineCall } from './engine.ts';
import { quoted, type Shell } from './shell.ts';
import { filesOfTar } from './untar.ts';

/** Path in the volume → content. */
export type VolumeFiles = ReadonlyMap<string, Buffer>;

const markRowProgram = '/app/src/harness/sidecars/mark-row.ts';
const markName = 'relay-chaos-mark';

export class VolumeKeeper {
  readonly #container: Docker.Container;
  readonly #shell: Shell;

  constructor(container: Docker.Container, shell: Shell) {
    this.#container = container;
    this.#shell = shell;
  }

  /** Every file by volume. Nobody may write to them meanwhile: pause their owners. */
  async read(): Promise<ReadonlyMap<string, VolumeFiles>> {
    const stream = await engineCall('copying the data volumes', () => this.#container.getArchive({ path: '/volumes' }));
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    const volumes = new Map<string, Map<string, Buffer>>();
    for (const [path, content] of filesOfTar(Buffer.concat(pieces))) {
      const [, volume, ...rest] = path.split('/');
      const files = volumes.get(volume!) ?? new Map<string, Buffer>();
      volumes.set(volume!, files.set(rest.join('/'), content));
    }
    return volumes;
  }

  /** All of it with owners and rights, for `putBack`. Nobody may write to it meanwhile. */
  async save(volume: string): Promise<Buffer> {
    const stream = await engineCall(`saving the volume ${volume}`, () =>
      this.#container.getArchive({ path: `/volumes/${volume}/.` }),
    );
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  /** The volume holds what was saved and nothing else. */
  async putBack(volume: string, saved: Buffer): Promise<void> {
    await this.#shell.expect(`find /volumes/${quoted(volume)} -mindepth 1 -delete`);
    await engineCall(`setting the volume ${volume} back`, () =>
      this.#container.putArchive(saved, { path: `/volumes/${volume}` }),
    );
  }

  /** Leaves a file with this text in the volume, beside what its owner keeps there. */
  async mark(volume: string, text: string): Promise<void> {
    await this.#shell.expect(`printf %s ${quoted(text)} >/volumes/${quoted(volume)}/${markName}`);
  }

  /** Leaves a row with this text in a SQLite database of the volume, whose owner may have it open. */
  async markRow(volume: string, file: string, text: string): Promise<void> {
    await this.#shell.expect(`node ${markRowProgram} /volumes/${quoted(volume)}/${quoted(file)} ${quoted(text)}`);
  }

  async removeMark(volume: string): Promise<void> {
    await this.#shell.expect(`rm -f /volumes/${quoted(volume)}/${markName}`);
  }

  /** Everybody may write into the volume, as into any folder for temporary files. */
  async openToAll(volume: string): Promise<void> {
    await this.#shell.expect(`chmod 1777 /volumes/${quoted(volume)}`);
  }
}
