/** A shell held open over an attachment: 16 ms for a command where a new exec costs 60. */
import { EnvironmentError } from '../../support/errors.ts';
import type { Attachment } from './attachment.ts';

export interface ShellResult {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const commandTimeoutMs = 20_000;

/** What a shell leaves in its folder: the last command's output. */
export const shellFiles: readonly string[] = ['.out', '.err'];

interface Pending {
  readonly resolve: (result: ShellResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Runs commands one after another in a POSIX shell that reads its standard input. Each answer is framed by its length,
 * so that it may hold any bytes. `folder` must be writable in the container.
 */
export class Shell {
  readonly #name: string;
  readonly #attachment: Attachment;
  readonly #folder: string;
  readonly #pending: Pending[] = [];
  #pieces: Buffer[] = [];
  #held = 0;
  #frame: { status: number; out: number; err: number } | null = null;
  #ended: string | null = null;

  constructor(name: string, attachment: Attachment, folder = '/tmp') {
    this.#name = name;
    this.#attachment = attachment;
    this.#folder = folder;
    attachment.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    attachment.stderr.resume(); // Bash complains about its terminal there; commands have their own.
    void attachment.ended.then(() => this.#end('it ended'));
  }

  get isOpen(): boolean {
    return this.#ended === null;
  }

  /** The command's result whatever its status. Rejects when the shell is gone or silent for 20 s. */
  run(command: string): Promise<ShellResult> {
    const [out, err] = shellFiles.map((name) => `${this.#folder}/${name}`);
    return this.#ask(
      `{ ${command}\n} </dev/null >${out} 2>${err}; s=$?; printf '@@%s %s %s\\n' $s $(wc -c <${out}) $(wc -c <${err}); cat ${out} ${err}\n`,
    );
  }

  /** The same, for a command that must succeed. */
  async expect(command: string): Promise<string> {
    const { status, stdout, stderr } = await this.run(command);
    if (status === 0) return stdout.toString('utf8');
    throw new EnvironmentError(`${this.#name}: "${command}" ended with ${status}: ${stderr.trim().slice(-300)}`);
  }

  /** The bytes of these files, `total` in all, which must not change meanwhile. */
  async read(paths: readonly string[], total: number): Promise<Buffer> {
    if (total === 0) return Buffer.alloc(0);
    const names = paths.map(quoted).join(' ');
    const { stdout } = await this.#ask(`printf '@@0 ${total} 0\\n'; cat -- ${names} 2>/dev/null | head -c ${total}\n`);
    return stdout;
  }

  close(): void {
    this.#attachment.close();
  }

  #ask(script: string): Promise<ShellResult> {
    if (this.#ended !== null) return Promise.reject(this.#gone(this.#ended));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // What comes next would be taken for the answer to another command: this shell is of no more use.
        this.#end(`no answer within ${commandTimeoutMs} ms`);
        this.close();
      }, commandTimeoutMs);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      this.#pending.push({ resolve: settled(resolve), reject: settled(reject) });
      this.#attachment.write(script);
    });
  }

  #take(chunk: Buffer): void {
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    for (;;) {
      if (this.#frame === null) {
        const joined = this.#join();
        const end = joined.indexOf(10);
        if (end === -1) return;
        const match = /^@@(\d+) (\d+) (\d+)$/.exec(joined.subarray(0, end).toString('latin1'));
        if (match === null) {
          this.#end('its answer was not of the agreed form');
          return;
        }
        this.#frame = { status: Number(match[1]), out: Number(match[2]), err: Number(match[3]) };
        this.#replace(joined.subarray(end + 1));
      }
      const { status, out, err } = this.#frame;
      if (this.#held < out + err) return;
      const joined = this.#join();
      this.#frame = null;
      this.#replace(joined.subarray(out + err));
      const stdout = Buffer.from(joined.subarray(0, out));
      const stderr = joined.subarray(out, out + err).toString('utf8');
      this.#pending.shift()?.resolve({ status, stdout, stderr });
    }
  }

  #join(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!;
  }

  #replace(rest: Buffer): void {
    this.#pieces = [rest];
    this.#held = rest.length;
  }

  #end(because: string): void {
    this.#ended ??= because;
    for (const { reject } of this.#pending.splice(0)) reject(this.#gone(this.#ended));
  }

  #gone(because: string): EnvironmentError {
    return new EnvironmentError(`running a command in ${this.#name}: ${because}; see: docker ps -a`);
  }
}

/** One word of a shell command, whatever it holds. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
