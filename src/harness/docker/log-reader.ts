/** Reads a container's log from its log driver, each line once. */
import type Docker from 'dockerode';
import { engineCall } from './engine.ts';

export interface LogPart {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export class LogReader {
  readonly #docker: Docker;
  readonly #id: string;
  /** The engine's time of the last piece that was read: text of one length and in UTC, so that text order is time order. */
  #lastTime = '';

  constructor(docker: Docker, id: string) {
    this.#docker = docker;
    this.#id = id;
  }

  /** Everything the container wrote since the last call, over all of its starts. */
  async read(): Promise<LogPart> {
    const since = this.#lastTime === '' ? 0 : Math.floor(Date.parse(this.#lastTime) / 1000);
    const raw = await engineCall('reading a log', () =>
      this.#docker.getContainer(this.#id).logs({ stdout: true, stderr: true, timestamps: true, since, follow: false }),
    );
    const fresh = logPieces(raw).filter(({ time }) => time > this.#lastTime);
    for (const { time } of fresh) if (time > this.#lastTime) this.#lastTime = time;
    const of = (stream: LogPiece['stream']) =>
      Buffer.concat(fresh.filter((piece) => piece.stream === stream).map((piece) => piece.content));
    return { stdout: of('stdout'), stderr: of('stderr') };
  }
}

interface LogPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly time: string;
  readonly content: Buffer;
}

const headerBytes = 8;

/**
 * The frames of a multiplexed log with timestamps. A line of more than 16 KiB comes as several, each with its own time
 * in front; cut off, they join to what was written, and nothing that straddles them can hide.
 */
export function logPieces(raw: Buffer): LogPiece[] {
  const pieces: LogPiece[] = [];
  for (let at = 0; at + headerBytes <= raw.length; ) {
    const end = at + headerBytes + raw.readUInt32BE(at + 4);
    const frame = raw.subarray(at + headerBytes, end);
    const blank = frame.indexOf(0x20);
    pieces.push({
      stream: raw[at] === 2 ? 'stderr' : 'stdout',
      time: frame.subarray(0, blank).toString('latin1'),
      content: frame.subarray(blank + 1),
    });
    at = end;
  }
  return pieces;
}
