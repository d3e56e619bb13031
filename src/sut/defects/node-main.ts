/** The node of the test image: the release's, with the defects and hooks it is told to have. */
import { main as releaseMain } from '../node/main.ts';
import { nodeAdditions } from './compose.ts';
import { explained } from './explained.ts';
import { testArguments, testHelp } from './test-arguments.ts';

/** Exit codes are those of the release image; an unknown name is wrong usage (3). Only `control` has the additions. */
export async function main(args: readonly string[]): Promise<void> {
  const { rest, additions } = explained('node', () => {
    const { setup, rest } = testArguments(args);
    return { rest, additions: nodeAdditions(setup) };
  });
  if (rest.includes('--help') || rest.includes('-h')) process.stdout.write(testHelp());
  await releaseMain(rest, additions);
}
