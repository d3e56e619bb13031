import type { Direction } from '../../contract/tap.ts';
import type { NodeName } from '../topology/topology.ts';

/** Every direction of every link, link by link. */
export function eachWay(links: readonly NodeName[], directions: readonly Direction[]) {
  return links.flatMap((node) => directions.map((way) => ({ node, way })));
}
