/** A packet capture file taken apart: classic pcap as `tcpdump -w` writes it. */
export interface PcapFile {
  readonly linkType: number;
  readonly packets: readonly PcapPacket[];
  /** Packets of which only the start was kept, because the snap length was too small. */
  readonly snapped: number;
  /** Why reading stopped before the end of the file; null: it did not. */
  readonly damage: string | null;
  /** The bytes that could not be read as packets. */
  readonly rest: Uint8Array;
}

export interface PcapPacket {
  /** Wall clock, with fractions of a millisecond. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
  /** On the wire; more than `bytes.length` when the packet was cut. */
  readonly originalBytes: number;
}

const fileHeaderBytes = 24;
const packetHeaderBytes = 16;
/** tcpdump's own largest snap length; a longer packet means that the file is damaged. */
const packetBytesMax = 262_144;

/** Ticks per millisecond by the file's first four bytes, read in either byte order. */
const ticksPerMs = new Map([
  [0xa1b2c3d4, 1e3],
  [0xa1b23c4d, 1e6],
]);

/**
 * Reads what can be read; a file that breaks off gives the packets before the break and the reason.
 *
 * Source: the pcap format as in draft-ietf-opsawg-pcap.
 */
export function readPcap(bytes: Uint8Array): PcapFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const unreadable = (damage: string): PcapFile => ({ linkType: -1, packets: [], snapped: 0, damage, rest: bytes });
  if (bytes.length < fileHeaderBytes) {
    return unreadable(`expected a file header of ${fileHeaderBytes} bytes, got ${bytes.length} bytes`);
  }
  const littleEndian = ticksPerMs.has(view.getUint32(0, true));
  const ticks = ticksPerMs.get(view.getUint32(0, littleEndian));
  if (ticks === undefined) return unreadable('expected a pcap file, got another first four bytes');

  const packets: PcapPacket[] = [];
  let snapped = 0;
  let at = fileHeaderBytes;
  let damage: string | null = null;
  while (at < bytes.length) {
    if (at + packetHeaderBytes > bytes.length) {
      damage = `the file ends inside the header of packet ${packets.length}`;
      break;
    }
    const kept = view.getUint32(at + 8, littleEndian);
    const originalBytes = view.getUint32(at + 12, littleEndian);
    const start = at + packetHeaderBytes;
    if (kept > packetBytesMax || start + kept > bytes.length) {
      damage = `the file ends inside packet ${packets.length} (its header says ${kept} bytes)`;
      break;
    }
    packets.push({
      atMs: view.getUint32(at, littleEndian) * 1e3 + view.getUint32(at + 4, littleEndian) / ticks,
      bytes: bytes.subarray(start, start + kept),
      originalBytes,
    });
    if (kept < originalBytes) snapped += 1;
    at = start + kept;
  }
  // The upper bits of the field hold the length of a frame check sequence.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  return { linkType, packets, snapped, damage, rest: bytes.subarray(at) };
}
