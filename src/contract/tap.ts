/**
 * What the tap, the record-aware man in the middle, can be told and what it writes down.
 *
 * The tap knows the record framing (2-byte length, one Noise message), not the keys. One rule acts on the records or
 * bytes of one direction of one link's connections; the simulator's links obey the same rules.
 */
import { z } from 'zod';

const count = z.number().int().nonnegative();

/** `up`: node to relay; `down`: relay to node. */
export const directions = ['up', 'down'] as const;
export type Direction = (typeof directions)[number];

const where = {
  link: z.string(),
  direction: z.enum(directions),
  /** Record of the connection in this direction, from 0. Handshake records come first: m1 is up 0, m2 down 0. */
  record: count,
};

export const tapRule = z.discriminatedUnion('action', [
  /** Flips one bit of the record's Noise message: `bit` counts from the message's first byte, highest bit first. */
  z.strictObject({ action: z.literal('flip'), ...where, bit: count }),
  /** Forwards the first `bytes` of the record, its length prefix included, then closes both sides. */
  z.strictObject({ action: z.literal('cut'), ...where, bytes: count }),
  /** Forwards the whole record, then closes both sides. */
  z.strictObject({ action: z.literal('close-after'), ...where }),
  z.strictObject({ action: z.literal('drop'), ...where }),
]);
export type TapRule = z.infer<typeof tapRule>;

const ofConnection = {
  atMs: z.number(),
  link: z.string(),
  /** Connections of a link, from 0 in order of acceptance. */
  connection: count,
};

/** The tap accepted a connection. */
const tapOpening = z.object({ ...ofConnection, action: z.literal('open') });

/** So many bytes of the preamble, which comes before the first record up, passed at once. */
const tapPreamble = z.object({ ...ofConnection, action: z.literal('preamble'), bytes: count });

/** One record that passed, or what was left of it. Handshake records (the first two each way) also raw. */
const tapRecord = z.object({
  ...ofConnection,
  direction: z.enum(directions),
  record: count,
  /** Of the record with its prefix, as it arrived and as it was passed on. */
  bytesBefore: count,
  bytesAfter: count,
  /** SHA-256 in hex. */
  digestBefore: z.string(),
  digestAfter: z.string(),
  action: z.enum(['forward', 'flip', 'cut', 'close-after', 'drop', 'residue']),
  /** Base64 of the record with its prefix, before and after. */
  rawBefore: z.string().optional(),
  rawAfter: z.string().optional(),
});
export type TapRecord = z.infer<typeof tapRecord>;

/** What the tap writes down: with `open`, `preamble` and the records, every byte that it passed on is counted. */
export const tapEntry = z.discriminatedUnion('action', [tapOpening, tapPreamble, tapRecord]);
export type TapEntry = z.infer<typeof tapEntry>;

/** A record that came to the tap, not the opening of a connection or its preamble. */
export function isTapRecord(entry: TapEntry): entry is TapRecord {
  return entry.action !== 'open' && entry.action !== 'preamble';
}
