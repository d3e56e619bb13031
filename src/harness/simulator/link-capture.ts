import { utf8 } from '../../support/bytes.ts';
import type { CapturedChunk, CaptureInput } from '../evidence/capture.ts';
import type { CapturedConnection } from '../history/collected.ts';

/** What the packets of a connection that are no bytes of it say. */
export type Turn = 'opened' | 'ended' | 'reset';

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
  saw(point: string, chunk: CapturedChunk): void {
    this.#points.get(point)?.saw(chunk);
  }

  /** A packet that opens a connection, or the first that ends it, at one point. */
  turned(point: string, flow: string, how: Turn): void {
    this.#points.get(point)?.turned(flow, how, this.#wallMs());
  }

  inputs(): CaptureInput[] {
    return [...this.#points].map(([point, seen]) => seen.input(point));
  }
}

class CapturePoint {
  #chunks: CapturedChunk[] = [];
  #connections = new Map<string, CapturedConnection>();
  #datagrams: Uint8Array[] = [];
  /** The interface's own counter, apart from what was recorded. */
  #packetsCounted = 0;

  begin(mark: Uint8Array): void {
    this.#chunks = [];
    this.#connections.clear();
    this.#datagrams = [mark];
    this.#packetsCounted = 1;
  }

  saw(chunk: CapturedChunk): void {
    this.#packetsCounted += 1;
    this.#chunks.push(chunk);
  }

  /** Of a connection from before the capture nothing is known but its end. */
  turned(flow: string, how: Turn, atMs: number): void {
    const known = this.#connections.get(flow) ?? { flow, openedMs: null, endedMs: null, wasReset: false };
    if (how === 'opened') this.#connections.set(flow, { ...known, openedMs: atMs });
    else if (known.endedMs === null)
      this.#connections.set(flow, { ...known, endedMs: atMs, wasReset: how === 'reset' });
  }

  input(point: string): CaptureInput {
    const [chunks, datagrams] = [[...this.#chunks], [...this.#datagrams]];
    const connections = [...this.#connections.values()];
    return { kind: 'chunks', point, chunks, connections, datagrams, packetsCounted: this.#packetsCounted };
  }
}
