/** What a captured packet carries: a TCP segment or a UDP datagram. Ends are `address:port`. */
export type Packet = TcpSegment | UdpDatagram;

export interface TcpSegment {
  readonly kind: 'tcp';
  readonly atMs: number;
  readonly source: string;
  readonly target: string;
  readonly sequence: number;
  readonly syn: boolean;
  readonly ack: boolean;
  /** FIN or RST: its sender will send nothing more. */
  readonly ends: boolean;
  /** RST. */
  readonly resets: boolean;
  readonly payload: Uint8Array;
}

export interface UdpDatagram {
  readonly kind: 'udp';
  readonly atMs: number;
  readonly source: string;
  readonly target: string;
  readonly payload: Uint8Array;
}

/** Link types of a capture file: where the protocol number stands, and where the packet starts. */
const linkLayers = new Map([
  [1, { protocolAt: 12, bytes: 14 }],
  [113, { protocolAt: 14, bytes: 16 }],
  [276, { protocolAt: 0, bytes: 20 }],
]);

export function isKnownLinkType(linkType: number): boolean {
  return linkLayers.has(linkType);
}

/** The transport part of one captured frame; null for what is neither TCP nor UDP over IP, is a fragment, or is damaged. */
export function decodePacket(linkType: number, atMs: number, frame: Uint8Array): Packet | null {
  const link = linkLayers.get(linkType);
  if (link === undefined || frame.length < link.bytes) return null;
  const protocol = uint16(frame, link.protocolAt);
  const rest = frame.subarray(link.bytes);
  const ip = protocol === 0x0800 ? ipv4(rest) : protocol === 0x86dd ? ipv6(rest) : null;
  if (ip === null) return null;
  if (ip.protocol === 6) return tcp(atMs, ip);
  return ip.protocol === 17 ? udp(atMs, ip) : null;
}

interface IpPacket {
  readonly protocol: number;
  readonly source: string;
  readonly target: string;
  readonly payload: Uint8Array;
}

/** RFC 791. */
function ipv4(bytes: Uint8Array): IpPacket | null {
  if (bytes.length < 20 || bytes[0]! >>> 4 !== 4) return null;
  const headerBytes = (bytes[0]! & 0x0f) * 4;
  const isFragment = (uint16(bytes, 6) & 0x3fff) !== 0;
  if (headerBytes < 20 || headerBytes > bytes.length || isFragment) return null;
  // Offloading can leave the total length at 0; short frames are padded behind it.
  const end = uint16(bytes, 2) || bytes.length;
  return {
    protocol: bytes[9]!,
    source: bytes.subarray(12, 16).join('.'),
    target: bytes.subarray(16, 20).join('.'),
    payload: bytes.subarray(headerBytes, end),
  };
}

/** RFC 8200. */
function ipv6(bytes: Uint8Array): IpPacket | null {
  if (bytes.length < 40 || bytes[0]! >>> 4 !== 6) return null;
  const end = 40 + uint16(bytes, 4);
  let protocol = bytes[6]!;
  let at = 40;
  // Hop-by-hop, routing and destination options stand before the transport.
  while ((protocol === 0 || protocol === 43 || protocol === 60) && at + 8 <= bytes.length) {
    protocol = bytes[at]!;
    at += (bytes[at + 1]! + 1) * 8;
  }
  return {
    protocol,
    source: `[${groups(bytes, 8)}]`,
    target: `[${groups(bytes, 24)}]`,
    payload: bytes.subarray(at, end === 40 ? bytes.length : end),
  };
}

function groups(bytes: Uint8Array, at: number): string {
  return Array.from({ length: 8 }, (_, index) => uint16(bytes, at + 2 * index).toString(16)).join(':');
}

/** RFC 9293. */
function tcp(atMs: number, { source, target, payload }: IpPacket): TcpSegment | null {
  if (payload.length < 20) return null;
  const headerBytes = (payload[12]! >>> 4) * 4;
  if (headerBytes < 20 || headerBytes > payload.length) return null;
  const flags = payload[13]!;
  return {
    kind: 'tcp',
    atMs,
    source: `${source}:${uint16(payload, 0)}`,
    target: `${target}:${uint16(payload, 2)}`,
    sequence: ((uint16(payload, 4) << 16) | uint16(payload, 6)) >>> 0,
    syn: (flags & 0x02) !== 0,
    ack: (flags & 0x10) !== 0,
    ends: (flags & 0x05) !== 0,
    resets: (flags & 0x04) !== 0,
    payload: payload.subarray(headerBytes),
  };
}

function udp(atMs: number, { source, target, payload }: IpPacket): UdpDatagram | null {
  if (payload.length < 8) return null;
  return {
    kind: 'udp',
    atMs,
    source: `${source}:${uint16(payload, 0)}`,
    target: `${target}:${uint16(payload, 2)}`,
    payload: payload.subarray(8),
  };
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
