import type { NodeName, Topology } from '../topology/topology.ts';

/** The path of one link, which may go and come back. */
export interface PathOutage {
  /** The path is gone from now on: open connections end, new ones are refused, until it is back. */
  begin(): void;
  /** The path is back, now if not before, and stays. Fails when it could not be taken away or given back. */
  end(): Promise<void>;
}

/** An outage comes back `backAfterMs` after each begin; undefined: the path never goes. */
export function pathOutage(topology: Topology, link: NodeName, backAfterMs: number | undefined): PathOutage {
  let outage: Promise<void> = Promise.resolve();
  let isOver = false;
  let comeBack = () => {};

  async function goAndComeBack(delayMs: number): Promise<void> {
    if (isOver) return;
    const heal = await topology.link(link).cut();
    const { promise: isTime, resolve } = Promise.withResolvers<void>();
    const timer = topology.clock.setTimer(delayMs, resolve);
    comeBack = () => {
      timer.cancel();
      resolve();
    };
    if (isOver) comeBack();
    await isTime;
    await heal();
  }

  return {
    begin() {
      if (backAfterMs === undefined) return;
      outage = outage.then(() => goAndComeBack(backAfterMs));
      outage.catch(() => {}); // Passed on by `end`.
    },
    end() {
      isOver = true;
      comeBack();
      return outage;
    },
  };
}
