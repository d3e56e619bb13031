import type { Reporter } from '../runner/results.ts';
import { type HistoryFileOptions, historyFile } from './history-file.ts';
import { htmlReport } from './html-report.ts';
import { junit } from './junit.ts';
import { resultsFile } from './results-file.ts';
import { summary } from './summary.ts';
import { type TerminalOptions, terminal } from './terminal.ts';

export interface ReporterOptions extends HistoryFileOptions, TerminalOptions {}

const reporters = {
  terminal,
  json: resultsFile,
  junit,
  summary,
  html: htmlReport,
} as const satisfies Record<string, (options: ReporterOptions) => Reporter>;

export type ReporterName = keyof typeof reporters;
export const reporterNames = Object.keys(reporters) as readonly ReporterName[];

/** The reporters asked for as one. `history.jsonl` is always written: judging again and drawing again rest on it. */
export function openReporters(names: readonly string[], options: ReporterOptions): Reporter {
  const chosen = reporterNames.filter((name) => names.includes(name));
  return together([historyFile(options), ...chosen.map((name) => reporters[name](options))]);
}

/** Tells each reporter in order. At the end every one gets its turn, even after one could not write. */
function together(all: readonly Reporter[]): Reporter {
  return {
    runStarted: (start) => {
      for (const one of all) one.runStarted?.(start);
    },
    iterationStarted: (scenario, index, variant) => {
      for (const one of all) one.iterationStarted?.(scenario, index, variant);
    },
    phaseStarted: (scenario, index, variant, phase) => {
      for (const one of all) one.phaseStarted?.(scenario, index, variant, phase);
    },
    trialFinished: (scenario, index, trial, record) => {
      for (const one of all) one.trialFinished?.(scenario, index, trial, record);
    },
    trialStored: (scenario, index, trial, text) => {
      for (const one of all) one.trialStored?.(scenario, index, trial, text);
    },
    iterationFinished: (scenario, iteration) => {
      for (const one of all) one.iterationFinished?.(scenario, iteration);
    },
    scenarioFinished: (result) => {
      for (const one of all) one.scenarioFinished?.(result);
    },
    note: (line) => {
      for (const one of all) one.note?.(line);
    },
    runFinished: async (result) => {
      const errors: unknown[] = [];
      for (const one of all) {
        try {
          await one.runFinished?.(result);
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
