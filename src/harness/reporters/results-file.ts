import type { Reporter } from '../runner/results.ts';
import type { RunFolder } from './run-folder.ts';

export const resultsFileName = 'results.json';

/** Writes `results.json`: the whole result as data, without the records. */
export function resultsFile(options: { readonly folder: RunFolder }): Reporter {
  return {
    runFinished: (result) => options.folder.write(resultsFileName, `${JSON.stringify(result, null, 2)}\n`),
  };
}
