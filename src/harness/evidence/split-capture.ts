/** One capture of a machine that several nodes share, sorted by the node whose packets they are. */
import { decodePacket } from './packet.ts';
import { readPcap } from './pcap.ts';

export interface SharedCapture {
  /** A classic pcap file. */
  readonly bytes: Uint8Array;
  /** Packets that the kernel counted on the interface meanwhile. */
  readonly packetsCounted: number;
}

export interface SplitCapture extends SharedCapture {
  readonly point: string;
}

const fileHeaderBytes = 24;
const packetHeaderBytes = 16;

/**
 * A TCP packet belongs to the node whose port (of its own, or of its peer) it names; what names none, such as a mark or
 * a question for an address, belongs to all. What the whole capture lacks of the kernel's count, each part lacks, and so
 * it does when the file is damaged.
 */
export function splitCapture(
  { bytes, packetsCounted }: SharedCapture,
  ports: ReadonlyMap<string, number>,
): SplitCapture[] {
  const { linkType, packets, rest } = readPcap(bytes);
  const nodeOf = new Map([...ports].map(([node, port]) => [String(port), node]));
  const pieces = new Map<string, Uint8Array[]>([...ports.keys()].map((node) => [node, []]));
  for (const packet of packets) {
    const end = packet.bytes.byteOffset - bytes.byteOffset + packet.bytes.length;
    const record = bytes.subarray(end - packet.bytes.length - packetHeaderBytes, end);
    const owner = nodeOf.get(portNamed(linkType, packet.bytes, nodeOf) ?? '');
    for (const [node, held] of pieces) if (owner === undefined || owner === node) held.push(record);
  }
  const missing = Math.max(0, packetsCounted - packets.length);
  return [...pieces].map(([point, held]) => ({
    point,
    bytes: Buffer.concat([bytes.subarray(0, fileHeaderBytes), ...held, rest]),
    packetsCounted: held.length + missing,
  }));
}

/** The first of a TCP packet's ports that is a node's. */
function portNamed(linkType: number, frame: Uint8Array, nodeOf: ReadonlyMap<string, string>): string | null {
  const packet = decodePacket(linkType, 0, frame);
  if (packet?.kind !== 'tcp') return null;
  return [packet.source, packet.target].map((end) => end.split(':').at(-1)!).find((port) => nodeOf.has(port)) ?? null;
}
