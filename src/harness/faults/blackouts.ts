import { z } from 'zod';
import { directionNames, durationRange, nodeNames } from '../../contract/parameters.ts';
import type { Prng } from '../../support/prng.ts';
import type { Topology } from '../topology/topology.ts';
import { adjustAll } from './adjust-all.ts';
import { eachWay } from './each-way.ts';
import { type Fault, healAll, type Injected } from './fault.ts';
import { lossGrowth } from './loss-growth.ts';
import { timetable } from './timetable.ts';

const parameters = z
  .strictObject({
    link: nodeNames,
    direction: directionNames.default(['up', 'down']),
    times: z.number().int().positive(),
    /** How long each lasts: a time, or one drawn by seed between two. */
    each: durationRange,
    /** From the beginning of one to the beginning of the next. */
    every: durationRange,
  })
  .refine(({ each, every }) => every.from > each.to, { error: '`every` longer than `each`' });
type Parameters = z.output<typeof parameters>;

/** One time in which every packet was dropped. */
interface Spell {
  /** Wall clock: all of it lies between these. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** On all links and directions together. */
  readonly packetsDropped: number;
}

/** `times` spells in which every packet is lost, the first at once; connections stay, and TCP repairs what was lost. */
export const blackouts: Fault<Parameters> = {
  kind: 'blackouts',
  about: 'Every packet is lost for a while, several times in a row. Connections stay open and TCP repairs the stream.',
  parameters,
  abilities: ['lose'],
  linksOf: ({ link }) => link,
  inject,
};

/** Packets are counted throughout, in the spells and between them. */
async function inject(
  topology: Topology,
  { link, direction, times, each, every }: Parameters,
  prng: Prng,
): Promise<Injected> {
  const { clock } = topology;
  const growth = await lossGrowth(topology, link);
  const loss = await adjustAll(
    eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).lose({ direction: way, share: 0 }),
    ),
  );
  const spells: Spell[] = [];
  let droppedBefore = 0;
  let begunMs: number | null = null;
  let lastsMs = 0;
  const begin = async () => {
    begunMs = clock.wallMs();
    await loss.change({ share: 1 });
  };
  const end = async () => {
    if (begunMs === null) return;
    await loss.change({ share: 0 });
    const { packetsDropped } = await growth();
    spells.push({ fromMs: begunMs, untilMs: clock.wallMs(), packetsDropped: packetsDropped - droppedBefore });
    droppedBefore = packetsDropped;
    begunMs = null;
  };
  const stop = timetable(clock, 0, async () => {
    if (begunMs === null) {
      lastsMs = prng.between(each.from, each.to);
      await begin();
      return lastsMs;
    }
    await end();
    return spells.length === times ? null : prng.between(every.from, every.to) - lastsMs;
  });
  return {
    heal: healAll([loss.heal, stop]),
    witness: async () => {
      await stop();
      await end();
      return { blackouts: { ...(await growth()), spells } };
    },
  };
}
