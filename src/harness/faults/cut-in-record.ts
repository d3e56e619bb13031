import { z } from 'zod';
import { byteCount } from '../../contract/parameters.ts';
import { directions, type TapRule } from '../../contract/tap.ts';
import type { Fault } from './fault.ts';
import { strikeOnTap, strikeParameters } from './strike-on-tap.ts';

const place = z.number().int().positive();

const parameters = z.strictObject({
  ...strikeParameters,
  direction: z.enum(directions),
  /**
   * Which of the records of at least `min-bytes` that come from the injection on, from 1, or one drawn between two;
   * handshakes do not count.
   */
  nth: z.union([place, z.strictObject({ from: place, to: place })]).default(1),
  /** With its length prefix. The tap has no keys: by size it tells a push or a page from what is small. */
  'min-bytes': byteCount,
  /** `before` it none of its bytes pass, `after` it all; `inside` a random part, at least its first, never its last byte. */
  at: z.union([z.enum(['before', 'inside', 'after']), byteCount]),
});

/** One record passes up to a point, then both sides see the end of their connection. Later connections are whole. */
export const cutInRecord: Fault<z.output<typeof parameters>> = {
  kind: 'cut-in-record',
  about: 'One large record passes up to a point, before, inside or after it, then both sides see the connection end.',
  parameters,
  abilities: ['tap', 'cut'],
  linksOf: ({ link }) => [link],
  async inject(topology, written, prng, tell) {
    const { link, direction, 'min-bytes': minBytes, at, 'path-back': pathBackMs } = written;
    const drawn = {
      ...(typeof written.nth === 'number'
        ? {}
        : { nth: written.nth.from + prng.below(written.nth.to - written.nth.from + 1) }),
      ...(at === 'inside' ? { inside: prng.fraction() } : {}),
    };
    const nth = drawn.nth ?? (written.nth as number);
    const record = { link, direction, nth, minBytes };
    const point =
      drawn.inside === undefined ? { bytes: at === 'before' ? 0 : (at as number) } : { inside: drawn.inside };
    const rule: TapRule =
      at === 'after' ? { action: 'close-after', ...record } : { action: 'cut', ...record, ...point };
    const heal = await strikeOnTap(topology, { rule, pathBackMs }, tell);
    return Object.keys(drawn).length > 0 ? { drawn, heal } : { heal };
  },
  /**
   * Inside: before the record and after each byte that a record of `min-bytes` has, or up to the byte that is given; of
   * a large record, after some. Before and after it there is one place.
   */
  points: (written) => {
    if (written.at === 'before' || written.at === 'after') return [written];
    const last = typeof written.at === 'number' ? written.at : written['min-bytes'];
    return placesUpTo(last).map((at) => ({ ...written, at }));
  },
};

/** A record up to this size is swept byte by byte. */
const smallBytesMax = 1024;
/** Of a larger one each byte of both ends, where its prefix, its tag and all headers are, and so many between them. */
const large = { endBytes: 64, between: 64 };

function placesUpTo(last: number): readonly number[] {
  if (last <= smallBytesMax) return Array.from({ length: last + 1 }, (_, at) => at);
  const { endBytes, between } = large;
  const gap = (last - 2 * endBytes) / (between + 1);
  return [
    ...Array.from({ length: endBytes }, (_, at) => at),
    ...Array.from({ length: between }, (_, index) => Math.round(endBytes + gap * (index + 1))),
    ...Array.from({ length: endBytes }, (_, index) => last - endBytes + 1 + index),
  ];
}
