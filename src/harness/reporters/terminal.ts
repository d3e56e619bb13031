import type { Reporter } from '../runner/results.ts';

/** Where text goes: a terminal, or a pipe. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface TerminalOptions {
  readonly stream: TextStream;
}

/** Says what goes on: one line per finished iteration, and what became of each scenario at the end. */
export function terminal(options: TerminalOptions): Reporter {
  const say = (line: string) => void options.stream.write(`${line}\n`);
  return {
    runStarted: (start) => {
      say(`relay-chaos ${start.run}: arena ${start.arena} (${start.arenaBecause}), seed ${start.seed}`);
      for (const scenario of start.scenarios) {
        for (const reason of scenario.notRun) say(`not-run  ${scenario.id} ${reason}`);
      }
    },
    iterationFinished: (scenario, iteration) => {
      const { verdict, index, variant, durationMs, because } = iteration;
      say(`${verdict.padEnd(8)} ${scenario} #${index} ${variant} ${(durationMs / 1000).toFixed(1)} s: ${because}`);
      for (const trial of iteration.trials.filter((one) => one.verdict !== 'pass')) say(`         ${trial.repro}`);
    },
    note: say,
    runFinished: (result) => {
      for (const one of result.scenarios) {
        say(`${one.verdict.padEnd(8)} ${one.id} ${one.passed} of ${one.total}: ${one.because}`);
      }
    },
  };
}
