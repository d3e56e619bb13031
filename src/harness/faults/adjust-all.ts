import type { Adjustable } from '../topology/topology.ts';
import { injectAll } from './fault.ts';

/** Injects several parts of one kind, as `injectAll` does; they change together. */
export async function adjustAll<Measure>(
  parts: readonly (() => Promise<Adjustable<Measure>>)[],
): Promise<Adjustable<Measure>> {
  const all: Adjustable<Measure>[] = [];
  const heal = await injectAll(
    parts.map((part) => async () => {
      const one = await part();
      all.push(one);
      return one.heal;
    }),
  );
  return {
    heal,
    change: async (measure) => {
      await Promise.all(all.map((one) => one.change(measure)));
    },
  };
}
