import { duration, nodeName } from '../../contract/parameters.ts';
import type { TapRecord, TapRule } from '../../contract/tap.ts';
import { assert } from '../../support/assert.ts';
import type { Heal, Topology } from '../topology/topology.ts';
import { healAll, type Tell } from './fault.ts';
import { pathOutage } from './path-outage.ts';

/** The parameters of every fault that ends connections at a point of their traffic. */
export const strikeParameters = {
  link: nodeName,
  /** After a strike new connections are refused for so long; without it a node may come back at once. */
  'path-back': duration.optional(),
};

/** The path goes a little after a strike, so that what passed the tap before it arrives; no node is back that soon. */
const onItsWayMs = 100;

/** A rule that ends connections, each followed by an outage of the path up to `pathBackMs` after it, if given. */
export async function strikeOnTap(
  topology: Topology,
  { rule, pathBackMs }: { readonly rule: TapRule; readonly pathBackMs: number | undefined },
  tell: Tell,
): Promise<Heal> {
  assert(topology.tap !== null, 'a topology that offers the ability `tap` has one');
  const outage = pathOutage(topology, rule.link, pathBackMs === undefined ? undefined : pathBackMs - onItsWayMs);
  const takeOut = await topology.tap.addRule(rule, (strike) => {
    tellStrike(tell, strike);
    topology.clock.setTimer(onItsWayMs, () => outage.begin());
  });
  return healAll([takeOut, () => outage.end()]);
}

/** Writes down which record the tap struck, so that it can be found in its journal. */
export function tellStrike(tell: Tell, { link, connection, direction, record }: TapRecord): void {
  tell({ kind: 'witness', name: 'tap-strike', value: { link, connection, direction, record } });
}
