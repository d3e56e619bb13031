/** Reads what relay and nodes keep on their data volumes, from a sidecar that mounts them all. */
import { quoted, type Shell } from './shell.ts';

/** Path in the volume → content. */
export type VolumeFiles = ReadonlyMap<string, Buffer>;

const markRowProgram = '/app/src/harness/sidecars/mark-row.ts';
const markName = 'relay-chaos-mark';

export class VolumeKeeper {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** Every file of the named volumes. Nobody may write to them meanwhile: pause their owners. */
  async read(volumes: readonly string[]): Promise<ReadonlyMap<string, VolumeFiles>> {
    const folders = volumes.map((volume) => quoted(volume)).join(' ');
    const listed = await this.#shell.expect(`cd /volumes && find ${folders} -type f -printf '%s %p\\n'`);
    const files = listed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const blank = line.indexOf(' ');
        return { bytes: Number(line.slice(0, blank)), path: line.slice(blank + 1) };
      });
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const content = await this.#shell.read(
      files.map(({ path }) => `/volumes/${path}`),
      total,
    );
    const read = new Map(volumes.map((volume) => [volume, new Map<string, Buffer>()]));
    let offset = 0;
    for (const { bytes, path } of files) {
      const [volume, ...rest] = path.split('/');
      read.get(volume!)?.set(rest.join('/'), content.subarray(offset, offset + bytes));
      offset += bytes;
    }
    return read;
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
}
