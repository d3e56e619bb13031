import { z } from 'zod';
import { byteCount, nodeName } from '../../contract/parameters.ts';
import { directions } from '../../contract/tap.ts';
import { m1RecordEnd } from '../../contract/wire.ts';
import type { Fault } from './fault.ts';

/** Points of the handshake that can be named instead of counted. */
const points = { 'end-of-m1': m1RecordEnd } as const;

const parameters = z.strictObject({
  link: nodeName,
  direction: z.enum(directions),
  at: z.union([byteCount, z.enum(Object.keys(points) as (keyof typeof points)[]).transform((point) => points[point])]),
});

/** Exactly `at` bytes of each new connection's direction pass, then the connection is closed. */
export const cutAfterBytes: Fault<z.output<typeof parameters>> = {
  kind: 'cut-after-bytes',
  about: 'Exactly so many bytes of a new connection pass in one direction, then the connection is closed.',
  parameters,
  abilities: ['limit-bytes'],
  linksOf: ({ link }) => [link],
  async inject(topology, { link, direction, at }) {
    return { heal: await topology.link(link).limitBytes({ direction, bytes: at }) };
  },
  /** Cut before the first byte, after it, and so on up to `at`. */
  points: (written) => Array.from({ length: written.at + 1 }, (_, at) => ({ ...written, at })),
};
