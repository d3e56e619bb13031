import { ScenarioError } from '../../support/errors.ts';

/** The result of `work`; wrong usage is told in one line and ends the process with 3. */
export function explained<T>(program: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit(3);
  }
}
