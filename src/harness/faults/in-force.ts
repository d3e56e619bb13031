import type { InForce, NodeName, Topology } from '../topology/topology.ts';

/** What proxy and kernel say is on these links: the witness of a fault that stays as it was injected. */
export async function inForce(
  topology: Topology,
  links: readonly NodeName[],
): Promise<readonly ({ readonly link: NodeName } & InForce)[]> {
  const listed = await Promise.all(links.map((link) => topology.link(link).inForce()));
  return links.flatMap((link, index) => listed[index]!.map((one) => ({ link, ...one })));
}
