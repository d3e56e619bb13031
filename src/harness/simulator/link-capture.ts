import { utf8 } from '../../support/bytes.ts';
import type { CapturedChunk, CaptureInput } from '../evidence/capture.ts';

/** What passes the network interfaces of a stage's machines, as a packet capture on each would have it. */
export class LinkCapture {
  readonly #wallMs: () => number;
  readonly #points = new Map<string, CapturePoint>();

  constructor(points: readonly string[], wallMs: () => number) {
    this.#wallMs = wallMs;
    for (const point of points) this.#points.set(point, new CapturePoint());
  }

  /** Forgets everything and sends the mark past each point. */
  begin(mark: string): void {
    for (const point of this.#points.values()) point.begin(utf8(mark));
  }

  /** Bytes of one connection at one point. */
  saw(point: string, chunk: Omit<CapturedChunk, 'atMs'>): void {
    this.#points.get(point)?.saw({ atMs: this.#wallMs(), ...chunk });
  }

  inputs(): CaptureInput[] {
    return [...this.#points].map(([point, seen]) => seen.input(point));
  }
}

class CapturePoint {
  #chunks: CapturedChunk[] = [];
  #datagrams: Uint8Array[] = [];
  /** The interface's own counter, apart from what was recorded. */
  #packetsCounted = 0;

  begin(mark: Uint8Array): void {
    this.#chunks = [];
    this.#datagrams = [mark];
    this.#packetsCounted = 1;
  }

  saw(chunk: CapturedChunk): void {
    this.#packetsCounted += 1;
    this.#chunks.push(chunk);
  }

  input(point: string): CaptureInput {
    const { chunks, datagrams } = { chunks: [...this.#chunks], datagrams: [...this.#datagrams] };
    return { kind: 'chunks', point, chunks, datagrams, packetsCounted: this.#packetsCounted };
  }
}
