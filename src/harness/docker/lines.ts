/** Cuts a stream into lines without ever letting one line take all memory. */
import type { Readable } from 'node:stream';

/**
 * Calls `onLine` for each line, without its newline. A line longer than `bytesMax` is dropped whole and told to
 * `onTooLong`; reading goes on, because a stream that is not read stops the process that writes it.
 */
export function readLines(
  stream: Readable,
  { bytesMax, onLine, onTooLong }: { bytesMax: number; onLine: (line: string) => void; onTooLong?: () => void },
): void {
  let pieces: Buffer[] = [];
  let held = 0;
  let tooLong = false;
  stream.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      hold(chunk.subarray(start, end));
      if (!tooLong) onLine(Buffer.concat(pieces).toString('utf8'));
      [pieces, held, tooLong] = [[], 0, false];
      start = end + 1;
    }
    hold(chunk.subarray(start));
  });

  function hold(piece: Buffer): void {
    if (tooLong) return;
    held += piece.length;
    if (held <= bytesMax) {
      pieces.push(piece);
      return;
    }
    tooLong = true;
    pieces = [];
    onTooLong?.();
  }
}
