import { ScenarioError } from '../../support/errors.ts';

/** The entry of this name; throws ScenarioError that lists those there are. */
export function known<T>(where: string, all: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(all).toSorted();
  const offered = names.length === 0 ? 'none (nothing is offered here)' : `one of ${names.join(', ')}`;
  throw new ScenarioError(`${where}: expected ${offered}, got ${JSON.stringify(name)}`);
}
