import type { Direction } from '../../contract/tap.ts';
import type { NodeName, Topology } from '../topology/topology.ts';
import { adjustAll } from './adjust-all.ts';
import { eachWay } from './each-way.ts';
import { healAll, type Injected } from './fault.ts';
import { type LossGrowth, lossGrowth } from './loss-growth.ts';
import { timetable } from './timetable.ts';

/** One time in which every packet was dropped. */
export interface LossSpell {
  /** Wall clock: all of it lies between these. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** On all links and directions together. */
  readonly packetsDropped: number;
}

/** What a fault of spells leaves as its witness; packets are those of its whole time, in spells and between them. */
export interface SpellsWitness extends LossGrowth {
  readonly spells: readonly LossSpell[];
}

export interface LossSpellsOptions {
  readonly link: readonly NodeName[];
  readonly direction: readonly Direction[];
  /** Before the next spell, and how long that lasts; null: there is none. Called once for each. */
  next(): { readonly gapMs: number; readonly lossMs: number } | null;
}

/** Drops every packet of the links in spells, all links at once, and none in between. Packets are counted throughout. */
export async function lossSpells(
  topology: Topology,
  { link, direction, next }: LossSpellsOptions,
): Promise<Omit<Injected, 'witness'> & { witness(): Promise<SpellsWitness> }> {
  const { clock } = topology;
  const growth = await lossGrowth(topology, link);
  const loss = await adjustAll(
    eachWay(link, direction).map(
      ({ node, way }) =>
        () =>
          topology.link(node).lose({ direction: way, share: 0 }),
    ),
  );
  const spells: LossSpell[] = [];
  let droppedBefore = 0;
  let begunMs: number | null = null;
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

  let spell = next();
  const stop = timetable(clock, spell?.gapMs ?? 0, async () => {
    if (spell === null) return null;
    if (begunMs === null) {
      await begin();
      return spell.lossMs;
    }
    await end();
    spell = next();
    return spell === null ? null : spell.gapMs;
  });
  return {
    heal: healAll([loss.heal, stop]),
    witness: async () => {
      await stop();
      await end();
      return { ...(await growth()), spells };
    },
  };
}
