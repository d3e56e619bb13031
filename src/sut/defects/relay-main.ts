/** The relay of the test image: the release's, with the defects and hooks it is told to have. */
import { parsedArguments, runRelay, startRelay } from '../relay/main.ts';
import { relayChanges } from './changes.ts';
import { explained } from './explained.ts';
import { relayHookPages } from './relay-hook-pages.ts';
import { RelayHooks } from './relay-hooks.ts';
import { testArguments, testHelp } from './test-arguments.ts';

/** Exit codes are those of the release image; an unknown name is wrong usage (3). */
export async function main(args: readonly string[]): Promise<void> {
  const { rest, additions } = explained('relay', () => {
    const { defects, hooks, rest } = testArguments(args);
    const relayHooks = new RelayHooks(hooks);
    const changes = relayChanges(defects, relayHooks);
    return { rest, additions: { changes, morePages: relayHookPages(relayHooks) } };
  });
  const options = parsedArguments(rest);
  if (options === null) process.stdout.write(testHelp());
  else await runRelay(() => startRelay({ ...options, ...additions }));
}
