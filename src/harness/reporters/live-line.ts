import type { TextStream } from './terminal.ts';

/** Back to the first column and clear the line. */
const clearLine = '\r\u001b[2K';

/** The last line of a terminal, written again and again; other lines pass above it. */
export class LiveLine {
  readonly #stream: TextStream;
  #text = '';

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  /** Replaces the line. Plain text: what does not fit in one row is left out. */
  show(text: string): void {
    const columns = this.#stream.columns || 80; // 0 where nobody told the terminal its size.
    this.#text = text.length < columns ? text : `${text.slice(0, columns - 2)}…`;
    this.#stream.write(`${clearLine}${this.#text}`);
  }

  /** Writes a line that stays, and the live line below it. */
  above(line: string): void {
    this.#stream.write(`${clearLine}${line}\n${this.#text}`);
  }

  end(): void {
    this.#text = '';
    this.#stream.write(clearLine);
  }
}
