/** Removes what carries a label: containers, then networks, then volumes. */

/** In the order in which they must go. */
export const sweptKinds = ['containers', 'networks', 'volumes'] as const;
export type SweptKind = (typeof sweptKinds)[number];

/** The container engine, as little of it as removing needs. */
export interface SweepEngine {
  /** Ids, or names of volumes. */
  list(kind: SweptKind, label: string): Promise<readonly string[]>;
  /** What is gone already, or still in use by something that is about to go, is no failure: the next sweep sees it. */
  remove(kind: SweptKind, id: string): Promise<void>;
}

export interface SweepOptions {
  /** Such as `relay-chaos.run=20261121-101500-3fa9`. */
  readonly label: string;
  /** Containers to leave alone. */
  readonly except?: (containerId: string) => boolean;
}

/** How many of each were found, whether or not all of them could be removed. */
export type Swept = Readonly<Record<SweptKind, number>>;

/** One pass. */
export async function sweep(engine: SweepEngine, { label, except = () => false }: SweepOptions): Promise<Swept> {
  const found = { containers: 0, networks: 0, volumes: 0 };
  for (const kind of sweptKinds) {
    const ids = (await engine.list(kind, label)).filter((id) => !(kind === 'containers' && except(id)));
    await Promise.all(ids.map((id) => engine.remove(kind, id)));
    found[kind] = ids.length;
  }
  return found;
}

export function foundNothing({ containers, networks, volumes }: Swept): boolean {
  return containers + networks + volumes === 0;
}
