import type { Direction } from '../../contract/tap.ts';
import type { CollectedCapture } from '../history/collected.ts';
import type { RawSource } from './canary-search.ts';

/** What a capture point gathered: a packet capture, or the bytes of simulated links as they passed. */
export type CaptureInput =
  | {
      readonly kind: 'pcap';
      /** `relay`, `node-a`, … */
      readonly point: string;
      readonly bytes: Uint8Array;
      /** Packets the kernel counted on the interface meanwhile; null where it cannot be told. */
      readonly packetsCounted: number | null;
    }
  | {
      readonly kind: 'chunks';
      readonly point: string;
      /** In order of arrival within each flow and direction. */
      readonly chunks: readonly CapturedChunk[];
      /** What is not part of a stream, such as the marked packet. */
      readonly datagrams: readonly Uint8Array[];
      readonly packetsCounted: number | null;
    };

export interface CapturedChunk {
  readonly atMs: number;
  /** Unique per connection. */
  readonly flow: string;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
}

/** From a node's `session-keys` announcement, base64 each. */
export interface SessionKeys {
  readonly ephemeral: string;
  readonly initiatorKey: string;
  readonly responderKey: string;
}

export interface CaptureOptions {
  /** TCP ports of the relay and of whatever stands for it at this point; traffic to them is `up`. Unused for chunks. */
  readonly relayPorts: readonly number[];
  readonly framing: 'none' | 'records-u16';
  readonly sessionKeys: readonly SessionKeys[];
  readonly mark: string;
}

export interface CaptureReading {
  readonly capture: CollectedCapture;
  /** Every captured byte, streams joined: to be searched. */
  readonly raw: RawSource;
  /** The plaintext of the sessions that were opened, to be searched; null when there was none. */
  readonly frames: RawSource | null;
  /** What makes the capture incomplete: cut or missing packets, gaps, records that did not open. Empty: nothing. */
  readonly problems: readonly string[];
}

/** Turns what one capture point gathered into records, searchable bytes and counts. Damaged input never throws. */
export function readCapture(input: CaptureInput, options: CaptureOptions): CaptureReading {
  throw new Error(`not built yet: ${input.point} ${options.framing}`);
}
