import { z } from 'zod';
import type { TapRule } from '../../contract/tap.ts';
import type { Prng } from '../../support/prng.ts';
import type { Fault } from './fault.ts';
import { strikeOnTap, strikeParameters } from './strike-on-tap.ts';

/** The dialogue of a reconnect after its handshake: HELLO up, WELCOME down, then the first PULL and its response. */
const points = ['after-hello', 'after-welcome', 'in-first-pull', 'in-first-pull-response'] as const;

/** A response with items in it; all else that comes down before it (WELCOME, NOTIFY) is smaller. */
const pullResponseBytesMin = 1024;

const parameters = z.strictObject({
  ...strikeParameters,
  at: z.enum(points),
  /** On so many connections in a row. */
  times: z.number().int().positive().default(2),
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
  points: (written) => [written],
};

/** The records of a reconnect: the handshake is up 0 and 1, down 0 and 1; a node that lacks items pulls before it pushes. */
function ruleAt(at: (typeof points)[number], link: string, times: number, prng: Prng): TapRule {
  switch (at) {
    case 'after-hello':
      return { action: 'close-after', link, direction: 'up', record: 2, times };
    case 'after-welcome':
      return { action: 'close-after', link, direction: 'down', record: 2, times };
    case 'in-first-pull':
      return { action: 'cut', link, direction: 'up', record: 3, times, inside: prng.fraction() };
    case 'in-first-pull-response': {
      const inside = prng.fraction();
      return { action: 'cut', link, direction: 'down', nth: 1, minBytes: pullResponseBytesMin, times, inside };
    }
    default:
      return at satisfies never;
  }
}
