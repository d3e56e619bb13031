import type { Clock } from '../../support/clock.ts';
import type { Heal } from '../topology/topology.ts';
import type { LossGrowth } from './loss-growth.ts';
import { timetable } from './timetable.ts';

const minuteMs = 60_000;

/** One minute of a fault, and the packets of all its links and directions that were dropped in it. */
export interface LossMinute {
  /** Wall clock. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly packetsDropped: number;
}

export interface LossMinutes {
  /** No minute begins any more. */
  readonly stop: Heal;
  /** Stops, and answers the minutes; what is left over at the end counts as one when it is at least half of one. */
  readonly all: () => Promise<readonly LossMinute[]>;
}

/** Reads the counters each minute from now on. */
export function lossMinutes(clock: Clock, growth: () => Promise<LossGrowth>): LossMinutes {
  const minutes: LossMinute[] = [];
  let fromMs = clock.wallMs();
  let droppedBefore = 0;
  const close = async () => {
    const { packetsDropped } = await growth();
    const untilMs = clock.wallMs();
    minutes.push({ fromMs, untilMs, packetsDropped: packetsDropped - droppedBefore });
    fromMs = untilMs;
    droppedBefore = packetsDropped;
  };
  const stop = timetable(clock, minuteMs, async () => {
    await close();
    return minuteMs;
  });
  return {
    stop,
    all: async () => {
      await stop();
      if (clock.wallMs() - fromMs >= minuteMs / 2) await close();
      return minutes;
    },
  };
}
