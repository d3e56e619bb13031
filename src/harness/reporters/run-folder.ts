import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, messageOf } from '../../support/errors.ts';

/** The line that every run's folder carries. */
export const holdsLine =
  'This folder holds the record of one test run. Every key, name and payload in it was generated for that run.';

/** `reports/<run-id>/`, readable by its owner alone. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder with mode 0700; one that cannot be made is an `EnvironmentError`. */
  static create(reportsFolder: string, runId: string): RunFolder {
    const folder = new RunFolder(join(reportsFolder, runId));
    explained(`making the run's folder ${folder.path}`, reportsFolder, () => {
      mkdirSync(reportsFolder, { recursive: true });
      mkdirSync(folder.path, { mode: 0o700 });
    });
    folder.write('README.txt', `${holdsLine}\n`);
    return folder;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string): void {
    explained(`writing ${this.file(name)}`, this.path, () => writeFileSync(this.file(name), text, { mode: 0o600 }));
  }

  /** Adds text at the end of a file in one write, so that a run that is killed leaves whole lines behind it. */
  append(name: string, text: string): void {
    explained(`writing ${this.file(name)}`, this.path, () => appendFileSync(this.file(name), text, { mode: 0o600 }));
  }
}

function explained(doing: string, folder: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new EnvironmentError(
      `${doing}: ${messageOf(error)}; make sure that ${folder} is a folder this user may write to, with space left`,
      { cause: error },
    );
  }
}
