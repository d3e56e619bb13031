import type { Direction } from '../../contract/tap.ts';
import type { CapturedConnection } from '../history/collected.ts';
import { type ByteStream, type ConnectionStreams, streamOf } from './byte-stream.ts';
import { decodePacket, isKnownLinkType, type TcpSegment } from './packet.ts';
import { readPcap } from './pcap.ts';
import { reassembleTcp, type TcpConnection } from './tcp-streams.ts';

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
      /** When connections were opened and ended, those without a byte too; of others nothing is known. */
      readonly connections?: readonly CapturedConnection[];
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
  /** Who has the other end. */
  readonly peer?: string;
}

/** A capture taken apart, before anything is known of what the streams mean. */
export interface CaptureStreams {
  readonly packets: number;
  /** On the wire, headers included where there are any. */
  readonly bytes: number;
  /** Connections to the relay. */
  readonly connections: readonly ConnectionStreams[];
  /** Everything else that must be searched: other connections, datagrams, whole packets of other kinds. */
  readonly others: readonly Uint8Array[];
  /** Every address in a packet, the point's own too; of chunks, the names of the other ends. */
  readonly addresses: readonly string[];
  readonly problems: readonly string[];
}

/** The longest that was seen of each flow and direction at any point so far. */
export type SeenStreams = Map<string, Uint8Array>;

/**
 * `relayPorts` tell the relay's connections and their direction in a packet capture; chunks name both themselves. A
 * stream of chunks that is the same, byte by byte, as what `seen` has of its flow shares memory with it.
 */
export function captureStreams(
  input: CaptureInput,
  relayPorts: readonly number[],
  seen: SeenStreams = new Map(),
): CaptureStreams {
  return input.kind === 'pcap' ? pcapStreams(input.bytes, relayPorts) : chunkStreams(input, seen);
}

function chunkStreams(
  { chunks, connections = [], datagrams }: Extract<CaptureInput, { kind: 'chunks' }>,
  seen: SeenStreams,
): CaptureStreams {
  const stream = (flow: string, direction: Direction, parts: readonly CapturedChunk[]): ByteStream => {
    const name = `${direction} ${flow}`;
    const like = seen.get(name) ?? null;
    const made = streamOf(parts, like);
    if (like === null || made.bytes.length > like.length) seen.set(name, made.bytes);
    return made;
  };
  const flows = new Map<string, Record<Direction, CapturedChunk[]>>(
    connections.map(({ flow }) => [flow, { up: [], down: [] }]),
  );
  const lives = new Map(connections.map((connection) => [connection.flow, connection]));
  for (const chunk of chunks) {
    let flow = flows.get(chunk.flow);
    if (flow === undefined) {
      flow = { up: [], down: [] };
      flows.set(chunk.flow, flow);
    }
    flow[chunk.direction].push(chunk);
  }
  return {
    packets: chunks.length + datagrams.length,
    bytes: [...chunks.map((chunk) => chunk.bytes), ...datagrams].reduce((sum, bytes) => sum + bytes.length, 0),
    connections: [...flows].map(([flow, { up, down }]) => ({
      flow,
      fromStart: true,
      openedMs: lives.get(flow)?.openedMs ?? null,
      endedMs: lives.get(flow)?.endedMs ?? null,
      wasReset: lives.get(flow)?.wasReset ?? false,
      up: stream(flow, 'up', up),
      down: stream(flow, 'down', down),
    })),
    others: datagrams,
    addresses: [...new Set(chunks.flatMap(({ peer }) => peer ?? []))],
    problems: [],
  };
}

function pcapStreams(bytes: Uint8Array, relayPorts: readonly number[]): CaptureStreams {
  const file = readPcap(bytes);
  const segments: TcpSegment[] = [];
  const others: Uint8Array[] = [file.rest];
  const addresses = new Set<string>();
  for (const { atMs, bytes: frame } of file.packets) {
    const packet = decodePacket(file.linkType, atMs, frame);
    if (packet !== null)
      for (const end of [packet.source, packet.target]) addresses.add(end.slice(0, end.lastIndexOf(':')));
    if (packet?.kind === 'tcp') segments.push(packet);
    else others.push(packet?.payload ?? frame);
  }
  const connections: ConnectionStreams[] = [];
  for (const connection of reassembleTcp(segments)) {
    const streams = relayConnection(connection, relayPorts);
    if (streams !== null) connections.push(streams);
    else for (const { bytes: sent, astray } of Object.values(connection.sent)) others.push(sent, ...astray);
  }
  return {
    packets: file.packets.length,
    bytes: file.packets.reduce((sum, packet) => sum + packet.originalBytes, 0),
    connections,
    others,
    addresses: [...addresses],
    problems: [
      ...(file.damage === null ? [] : [file.damage]),
      ...(file.snapped === 0 ? [] : [`${file.snapped} packets were cut by the snap length`]),
      ...(file.packets.length === 0 || isKnownLinkType(file.linkType)
        ? []
        : [`expected link type 1 (Ethernet), 113 or 276 (Linux cooked), got ${file.linkType}`]),
      ...connections.flatMap(({ flow, up, down }) => [
        ...gapProblem(flow, 'up', up),
        ...gapProblem(flow, 'down', down),
      ]),
    ],
  };
}

function gapProblem(flow: string, direction: Direction, stream: ConnectionStreams['up']): string[] {
  return stream.missingBytes === 0 ? [] : [`${flow} ${direction}: ${stream.missingBytes} bytes are missing in between`];
}

/** Null for a connection that is not the relay's. */
function relayConnection(connection: TcpConnection, relayPorts: readonly number[]): ConnectionStreams | null {
  const { ends, initiator, openedMs, endedMs, wasReset, earlier, sent } = connection;
  const isRelay = (end: string): boolean => relayPorts.includes(Number(end.slice(end.lastIndexOf(':') + 1)));
  const relay = ends.find((end) => isRelay(end) && end !== initiator);
  if (relay === undefined) return null;
  const node = ends[0] === relay ? ends[1] : ends[0];
  return {
    flow: `${node}>${relay}${earlier === 0 ? '' : `#${earlier}`}`,
    fromStart: initiator !== null,
    openedMs,
    endedMs,
    wasReset,
    up: sent[node]!,
    down: sent[relay]!,
  };
}
