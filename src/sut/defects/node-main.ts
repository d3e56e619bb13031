/** The node of the test image: the release's, with the defects and hooks it is told to have. */
import { main as releaseMain } from '../node/main.ts';
import { nodeChanges } from './changes.ts';
import { explained } from './explained.ts';
import { testArguments, testHelp } from './test-arguments.ts';

/** Exit codes are those of the release image; an unknown name is wrong usage (3). Only `control` has the changes. */
export async function main(args: readonly string[]): Promise<void> {
  const { rest, changes } = explained('node', () => {
    const { defects, hooks, rest } = testArguments(args);
    return { rest, changes: nodeChanges(defects, hooks) };
  });
  if (rest.includes('--help') || rest.includes('-h')) process.stdout.write(testHelp());
  await releaseMain(rest, { changes });
}
