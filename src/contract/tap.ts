/**
 * What the tap, the record-aware man in the middle, can be told and what it writes down.
 *
 * The tap knows the record framing (2-byte length, one Noise message), not the keys. A rule acts on the records or
 * bytes of one direction of one link's connections; the simulator's links obey the same rules.
 */
import { z } from 'zod';
import { handshakeMessages } from './wire.ts';

const count = z.number().int().nonnegative();

/** `up`: node to relay; `down`: relay to node. */
export const directions = ['up', 'down'] as const;
export type Direction = (typeof directions)[number];

/** The records of a connection before this number, in each direction, are its handshake. */
export const handshakeRecordCount = handshakeMessages.hybrid.length / 2;

const where = { link: z.string(), direction: z.enum(directions) };

/** How often the rule strikes at most. */
const times = count.min(1).optional();
/**
 * Record of a connection in this direction, from 0; on each connection, unless `times` ends it. m1 of the handshake is
 * up 0, m2 down 0.
 */
const ofEachConnection = { record: count, times };
/**
 * The nth record, from 1, of at least `minBytes` and at most `maxBytes` (length prefix included) of this direction that
 * came to the tap since the rule was added, whatever the connection, and the following ones until it struck `times`
 * times, by default once. The tap has no keys: size is how it tells a push from a heartbeat. Handshakes are not counted.
 */
const nthOfLink = { nth: count.min(1), minBytes: count, maxBytes: count.optional(), times };
/** The moment when so many bytes of such records have come since the rule was added. */
const afterBytesOfLink = { afterBytes: count.min(1), minBytes: count };

/** A rule that acts on a whole record; with `afterBytes` on the one in which the count is reached. */
function onRecord<Action extends z.core.$ZodShape>(action: Action) {
  return z.union([
    z.strictObject({ ...where, ...ofEachConnection, ...action }),
    z.strictObject({ ...where, ...nthOfLink, ...action }),
    z.strictObject({ ...where, ...afterBytesOfLink, ...action }),
  ]);
}

/**
 * A rule that acts at a byte: after `bytes` of the record, its length prefix included; `inside` it, this share of the way
 * from after its first byte to before its last; or after the last byte of the count.
 */
function atByte<Action extends z.core.$ZodShape>(action: Action) {
  const bytes = count;
  const inside = z.number().gte(0).lt(1);
  return z.union([
    z.strictObject({ ...where, ...ofEachConnection, bytes, ...action }),
    z.strictObject({ ...where, ...ofEachConnection, inside, ...action }),
    z.strictObject({ ...where, ...nthOfLink, bytes, ...action }),
    z.strictObject({ ...where, ...nthOfLink, inside, ...action }),
    z.strictObject({ ...where, ...afterBytesOfLink, ...action }),
  ]);
}

/**
 * One thing the tap does at one point of the traffic. The first rule added that meets a record decides; the others
 * have counted it and missed it.
 */
export const tapRule = z.union([
  /** Flips one bit of the record's Noise message: `bit` counts from the message's first byte, highest bit first. */
  onRecord({ action: z.literal('flip'), bit: count }),
  onRecord({ action: z.literal('drop') }),
  /** Forwards the whole record, then closes both sides. */
  onRecord({ action: z.literal('close-after') }),
  /** Forwards the record; from then on every record of the connection's other direction is dropped. */
  onRecord({ action: z.literal('mute') }),
  /** Forwards the record; the rule only says when. */
  onRecord({ action: z.literal('watch') }),
  /** Forwards up to the byte, then closes both sides. */
  atByte({ action: z.literal('cut') }),
  /** Forwards up to the byte; all that follows in the direction waits in order, and is lost if its sender ends first. */
  atByte({ action: z.literal('hold') }),
]);
/**
 * What a rule struck does not outlive it: taken out, a hold passes on what waited, and a mute closes both sides, because
 * no Noise session goes on after a record that is missing.
 */
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

/** One record that came, and what passed of it. Handshake records (the first two each way) also raw. */
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
  /** `release` is what was held of a record, passed on later; `residue` an unfinished record whose sender ended. */
  action: z.enum(['forward', 'flip', 'drop', 'close-after', 'mute', 'watch', 'cut', 'hold', 'release', 'residue']),
  /** Which rule acted, from 1 in the order in which the tap was given them. */
  rule: count.optional(),
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
