import { Chalk } from 'chalk';
import type { Reporter, RunStart, RunVerdict } from '../runner/results.ts';
import { LiveLine } from './live-line.ts';
import { TerminalText } from './terminal-text.ts';
import { countsText, durationText } from './wording.ts';

/** Where text goes: a terminal, or a pipe. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface TerminalOptions {
  readonly stream: TextStream;
  /** False when the user asked for none (`NO_COLOR`); without a terminal there are none anyway. */
  readonly colours: boolean;
  readonly nowMs?: () => number;
}

/** How often the elapsed time moves on when nothing else happens. */
const redrawEveryMs = 500;

/** On a terminal one updating line and what did not pass; elsewhere one line per iteration. At the end the results. */
export function terminal(options: TerminalOptions): Reporter {
  const isTerminal = options.stream.isTTY === true;
  const text = new TerminalText(new Chalk({ level: isTerminal && options.colours ? 1 : 0 }));
  return isTerminal ? live(options, text) : plain(options.stream, text);
}

function plain(stream: TextStream, text: TerminalText): Reporter {
  const say = (lines: readonly string[]) => {
    for (const line of lines) stream.write(`${line}\n`);
  };
  let folder: string | null = null;
  return {
    runStarted: (start) => {
      folder = start.folder;
      say(text.start(start));
    },
    iterationFinished: (scenario, iteration) => say([text.iteration(scenario, iteration)]),
    scenarioFinished: (result) => say([text.scenario(result)]),
    note: (line) => say([line]),
    runFinished: (result) => say(text.end(result, folder)),
  };
}

function live({ stream, nowMs = Date.now }: TerminalOptions, text: TerminalText): Reporter {
  const line = new LiveLine(stream);
  const startedMs = nowMs();
  const verdicts: RunVerdict[] = [];
  /** What each running iteration does; side by side in the order in which they began. */
  const running = new Map<string, string>();
  let start: RunStart | null = null;
  let timer: NodeJS.Timeout | null = null;

  const redraw = () => {
    const planned = start?.scenarios.reduce((sum, { iterations }) => sum + iterations, 0) ?? 0;
    const parts = [
      durationText(nowMs() - startedMs),
      `${verdicts.length + (start?.resumed?.iterations ?? 0)} of ${planned}`,
      ...(verdicts.length === 0 ? [] : [countsText(verdicts)]),
      ...(running.size === 0 ? [] : [[...running.values()].join(', ')]),
    ];
    line.show(parts.join(' | '));
  };
  const does = (scenario: string, index: number, what: string) => {
    running.set(`${scenario} #${index}`, `${scenario} #${index} ${what}`);
    redraw();
  };

  return {
    runStarted: (started) => {
      start = started;
      for (const one of text.start(started)) line.above(one);
      timer = setInterval(redraw, redrawEveryMs).unref();
      redraw();
    },
    iterationStarted: does,
    phaseStarted: (scenario, index, variant, phase) => does(scenario, index, `${variant} ${phase}`),
    iterationFinished: (scenario, iteration) => {
      running.delete(`${scenario} #${iteration.index}`);
      verdicts.push(iteration.verdict);
      if (iteration.verdict !== 'pass') line.above(text.iteration(scenario, iteration));
      redraw();
    },
    scenarioFinished: (result) => line.above(text.scenario(result)),
    note: (remark) => line.above(remark),
    runFinished: (result) => {
      if (timer !== null) clearInterval(timer);
      line.end();
      for (const one of text.end(result, start?.folder ?? null)) stream.write(`${one}\n`);
    },
  };
}
