import { z } from 'zod';
import { byteCount } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import type { Fault } from './fault.ts';
import { strikeOnTap, strikeParameters } from './strike-on-tap.ts';

const parameters = z.strictObject({
  ...strikeParameters,
  direction: z.enum(directions),
  /** Which of the records of at least `min-bytes` that come from the injection on, from 1; handshakes do not count. */
  nth: z.number().int().positive().default(1),
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
  async inject(topology, { link, direction, nth, 'min-bytes': minBytes, at, 'path-back': pathBackMs }, prng, tell) {
    const place = { link, direction, nth, minBytes };
    if (at === 'after') {
      return { heal: await strikeOnTap(topology, { rule: { action: 'close-after', ...place }, pathBackMs }, tell) };
    }
    const point = at === 'inside' ? { inside: prng.fraction() } : { bytes: at === 'before' ? 0 : at };
    const heal = await strikeOnTap(topology, { rule: { action: 'cut', ...place, ...point }, pathBackMs }, tell);
    return at === 'inside' ? { drawn: point, heal } : { heal };
  },
  /** Before the record and after each byte that a record of `min-bytes` has, or up to the byte that is given. */
  points: (written) => {
    const last = typeof written.at === 'number' ? written.at : written['min-bytes'];
    return Array.from({ length: last + 1 }, (_, at) => ({ ...written, at }));
  },
};
