import { closeSync, openSync, readSync } from 'node:fs';
import { EnvironmentError, messageOf } from '../../support/errors.ts';

/** One line of a file of JSON lines, and where it stands, so that it can be read again alone. */
export interface JsonLine {
  readonly value: unknown;
  readonly offset: number;
  readonly bytes: number;
}

const pieceBytes = 1024 * 1024;

/**
 * Every line of the file, read piece by piece: a long run's history is larger than the longest string there can be.
 * A last line without its line break that is no JSON was torn by the end of its writer, and is left out.
 */
export function* jsonLinesOf(path: string): Generator<JsonLine> {
  let number = 0;
  for (const { text, offset, bytes, isTorn } of linesOf(path)) {
    number += 1;
    try {
      yield { value: JSON.parse(text), offset, bytes };
    } catch (error) {
      if (isTorn) return;
      throw new EnvironmentError(`reading ${path}:${number}: expected a line of JSON, got: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** Reads one line that `jsonLinesOf` has found. */
export function jsonLineAt(path: string, { offset, bytes }: Pick<JsonLine, 'offset' | 'bytes'>): unknown {
  const file = opened(path);
  try {
    const line = Buffer.alloc(bytes);
    const length = readSync(file, line, 0, bytes, offset);
    if (length < bytes) throw new EnvironmentError(`reading ${path}: the file became shorter while it was read`);
    return JSON.parse(line.toString('utf8'));
  } finally {
    closeSync(file);
  }
}

/** Size of the file up to the end of its last line that has a line break. */
export function wholeLinesBytes(path: string): number {
  let bytes = 0;
  for (const line of linesOf(path)) if (!line.isTorn) bytes = line.offset + line.bytes + 1;
  return bytes;
}

function* linesOf(path: string) {
  const file = opened(path);
  try {
    let parts: Buffer[] = [];
    let offset = 0;
    const line = (isTorn: boolean) => {
      const whole = Buffer.concat(parts);
      const found = { text: whole.toString('utf8'), offset, bytes: whole.length, isTorn };
      offset += whole.length + 1;
      parts = [];
      return found;
    };
    for (;;) {
      const piece = Buffer.alloc(pieceBytes);
      const length = readSync(file, piece);
      if (length === 0) break;
      let from = 0;
      for (;;) {
        const end = piece.subarray(0, length).indexOf('\n', from);
        if (end === -1) break;
        parts.push(piece.subarray(from, end));
        yield line(false);
        from = end + 1;
      }
      parts.push(piece.subarray(from, length));
    }
    if (parts.some((part) => part.length > 0)) yield line(true);
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new EnvironmentError(
      `reading ${path}: ${messageOf(error)}; expected the folder of a run, such as reports/20261121-101500-3fa9`,
      { cause: error },
    );
  }
}
