/** The relay of the test image: the release's, with the defects and hooks it is told to have. */
import { parsedArguments, runRelay, startRelay } from '../relay/main.ts';
import { relayAdditions } from './compose.ts';
import { explained } from './explained.ts';
import { relayHookPages } from './relay-hook-pages.ts';
import { testArguments, testHelp } from './test-arguments.ts';

/** Exit codes are those of the release image; an unknown name is wrong usage (3). */
export async function main(args: readonly string[]): Promise<void> {
  const { rest, additions } = explained('relay', () => {
    const { setup, rest } = testArguments(args);
    return { rest, additions: relayAdditions(setup) };
  });
  const options = parsedArguments(rest);
  if (options === null) process.stdout.write(testHelp());
  else {
    const { changes } = additions;
    await runRelay(() => startRelay({ ...options, changes, morePages: relayHookPages(additions) }));
  }
}
