import { z } from 'zod';
import { directions, type TapRule } from '../../contract/tap.ts';
import { pullRecordBytesMax } from '../../contract/wire.ts';
import type { Prng } from '../../support/prng.ts';
import type { Fault } from './fault.ts';
import { strikeOnTap, strikeParameters } from './strike-on-tap.ts';

/** The dialogue of a reconnect after its handshake: HELLO up, WELCOME down, then the first PULL and its response. */
const points = ['after-hello', 'after-welcome', 'in-first-pull', 'in-first-pull-response'] as const;

/** A response with items in it; all else that comes down before it (WELCOME, NOTIFY) is smaller. */
const pullResponseBytesMin = 1024;

/** HELLO and every push are larger. */
const ofPull = { nth: 1, minBytes: 0, maxBytes: pullRecordBytesMax };

const count = z.number().int().nonnegative();
/** So many bytes pass of the first record that has `of` bytes, or that has at least so many. */
const place = z.strictObject({ direction: z.enum(directions), of: count, orMore: z.boolean(), bytes: count });
type Place = z.output<typeof place>;

const sizes = z.array(count.min(1)).min(1);
/**
 * How large the records of the dialogue are, with their prefixes, the response last: a sweep cuts at every byte of the
 * first of each size. The response of a second connection may be larger: it has what the node pushed on the first.
 */
const dialogue = z.strictObject({ up: sizes, down: sizes });

const parameters = z.strictObject({
  ...strikeParameters,
  at: z.union([z.enum(points), place]),
  /** On so many connections in a row. */
  times: z.number().int().positive().default(2),
  swept: dialogue.optional(),
});

/** The dialogue with which a node catches up after a reconnect is cut at one point, on several connections in a row. */
export const cutReconcile: Fault<z.output<typeof parameters>> = {
  kind: 'cut-reconcile',
  about: 'The dialogue with which a node catches up after a reconnect is cut at one point, several times in a row.',
  parameters,
  abilities: ['tap', 'cut'],
  linksOf: ({ link }) => [link],
  async inject(topology, { link, at, times, 'path-back': pathBackMs }, prng, tell) {
    const rule = ruleAt(at, link, times, prng);
    const heal = await strikeOnTap(topology, { rule, pathBackMs }, tell);
    return 'inside' in rule ? { drawn: { inside: rule.inside }, heal } : { heal };
  },
  points: ({ swept, ...written }) =>
    swept === undefined ? [written] : placesIn(swept).map((at) => ({ ...written, at })),
};

/**
 * Before each record and after each of its bytes, but not after the response: what it brought is not asked for again.
 */
function placesIn({ up, down }: z.output<typeof dialogue>): readonly Place[] {
  const response = down.at(-1)!;
  const upTo = (last: number, at: Omit<Place, 'bytes'>) =>
    Array.from({ length: last + 1 }, (_, bytes) => ({ ...at, bytes }));
  return [
    ...up.flatMap((of) => upTo(of, { direction: 'up', of, orMore: false })),
    ...down.slice(0, -1).flatMap((of) => upTo(of, { direction: 'down', of, orMore: false })),
    ...upTo(response - 1, { direction: 'down', of: response, orMore: true }),
  ];
}

/**
 * The records of a reconnect: the handshake is up 0 and 1, down 0 and 1. A node that lacks items sends its first PULL
 * and its first push in either order, so size tells the PULL.
 */
function ruleAt(at: (typeof points)[number] | Place, link: string, times: number, prng: Prng): TapRule {
  if (typeof at === 'object') {
    const { direction, of, orMore, bytes } = at;
    const size = { minBytes: of, ...(orMore ? {} : { maxBytes: of }) };
    return { action: 'cut', link, direction, nth: 1, ...size, times, bytes };
  }
  switch (at) {
    case 'after-hello':
      return { action: 'close-after', link, direction: 'up', record: 2, times };
    case 'after-welcome':
      return { action: 'close-after', link, direction: 'down', record: 2, times };
    case 'in-first-pull':
      return { action: 'cut', link, direction: 'up', ...ofPull, times, inside: prng.fraction() };
    case 'in-first-pull-response': {
      const inside = prng.fraction();
      return { action: 'cut', link, direction: 'down', nth: 1, minBytes: pullResponseBytesMin, times, inside };
    }
    default:
      return at satisfies never;
  }
}
