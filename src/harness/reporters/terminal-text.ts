import type { ChalkInstance } from 'chalk';
import type {
  IterationResult,
  RunResult,
  RunStart,
  RunVerdict,
  ScenarioResult,
  TrialResult,
} from '../runner/results.ts';
import {
  boundText,
  countsText,
  durationText,
  passedText,
  remarksOf,
  tamperedRemarksOf,
  timeOf,
  usageTexts,
  verdictsWorstFirst,
  whatToTry,
} from './wording.ts';

/** So many trials of a scenario are told in full, the others with their repro line. */
const trialsInFull = 5;
const witnessesShown = 8;

/** Each line as it goes to the terminal; `paint` decides about colours. */
export class TerminalText {
  readonly #paint: ChalkInstance;

  constructor(paint: ChalkInstance) {
    this.#paint = paint;
  }

  start(start: RunStart): string[] {
    const { bold, dim, yellow } = this.#paint;
    const settings = start.request?.settings;
    const tampered = settings ? tamperedRemarksOf({ disarmed: !settings.armed, defects: settings.defects }) : [];
    const iterations = start.scenarios.reduce((sum, scenario) => sum + scenario.iterations, 0);
    return [
      `${bold('relay-chaos')} ${start.run}`,
      `arena     ${bold(start.arena)} (${start.arenaBecause})`,
      `seed      ${bold(start.seed)}`,
      `workers   ${start.workers}`,
      `scenarios ${start.scenarios.length}, ${iterations} iterations`,
      ...(start.resumed === null ? [] : [`resumed   ${start.resumed.iterations} of them are taken over as judged`]),
      ...(start.folder === null ? [] : [`folder    ${start.folder}`]),
      ...start.scenarios.flatMap(({ id, notRun }) => notRun.map((reason) => dim(`not-run   ${id} ${reason}`))),
      ...tampered.map((remark) => yellow(remark)),
      '',
    ];
  }

  iteration(scenario: string, iteration: IterationResult): string {
    const { verdict, index, variant, durationMs, because } = iteration;
    const why = verdict === 'pass' ? '' : `: ${oneLine(because)}`;
    return `${this.#verdict(verdict)} ${scenario} #${index} ${variant}, ${durationText(durationMs)}${why}`;
  }

  scenario(result: ScenarioResult): string {
    const { bold, dim } = this.#paint;
    const figures = `${passedText(result)} passed (${boundText(result.lowerBound)}), ${durationText(timeOf(result))}`;
    return `${this.#verdict(result.verdict)} ${bold(result.id)} ${result.name} ${dim(figures)}`;
  }

  end(result: RunResult, folder: string | null): string[] {
    const { bold, yellow } = this.#paint;
    const verdicts = result.scenarios.map(({ verdict }) => verdict);
    // The result of a proof is its kill matrix, which `prove` prints.
    const counts = verdicts.length === 0 && result.killMatrix !== null ? '' : `${countsText(verdicts)} in `;
    return [
      '',
      ...this.#table(result.scenarios),
      ...this.#notRunVariants(result.scenarios),
      ...verdictsWorstFirst.flatMap((verdict) => this.#problems(result.scenarios, verdict)),
      ...remarksOf(result).map((remark) => yellow(remark)),
      ...(result.usage === null ? [] : usageTexts(result.usage)),
      bold(`${counts}${durationText(result.durationMs)}, arena ${result.arena}, seed ${result.seed}`),
      ...(folder === null ? [] : [`everything else: ${folder}`]),
    ];
  }

  #verdict(verdict: RunVerdict): string {
    const { green, red, yellow, magenta, dim } = this.#paint;
    const paints = { pass: green, fail: red.bold, inert: yellow, error: magenta, 'not-run': dim };
    return paints[verdict](verdict.padEnd(8));
  }

  #table(scenarios: readonly ScenarioResult[]): string[] {
    if (scenarios.length === 0) return [];
    const rows = scenarios.map((scenario) => [
      scenario.id,
      passedText(scenario),
      boundText(scenario.lowerBound),
      durationText(timeOf(scenario)),
      scenario.name,
    ]);
    const titles = ['scenario', 'passed', '95 % bound', 'time', 'name'];
    const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
    const line = (cells: readonly string[]) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd();
    return [
      this.#paint.dim(`${'verdict'.padEnd(8)} ${line(titles)}`),
      ...rows.map((row, index) => `${this.#verdict(scenarios[index]!.verdict)} ${line(row)}`),
      '',
    ];
  }

  #notRunVariants(scenarios: readonly ScenarioResult[]): string[] {
    const lines = scenarios
      .filter(({ verdict }) => verdict !== 'not-run')
      .flatMap(({ id, notRun }) => notRun.map(({ variant, because }) => `not-run  ${id} ${variant}: ${because}`));
    return lines.length === 0 ? [] : [...lines.map((line) => this.#paint.dim(line)), ''];
  }

  /** Every scenario with trials of this verdict, and what became of them. */
  #problems(scenarios: readonly ScenarioResult[], verdict: RunVerdict): string[] {
    if (verdict === 'pass') return [];
    return scenarios.flatMap((scenario) => {
      const trials = scenario.iterations.flatMap((iteration) =>
        iteration.trials.filter((trial) => trial.verdict === verdict).map((trial) => ({ iteration, trial })),
      );
      const title = `${this.#verdict(verdict)} ${this.#paint.bold(scenario.id)} ${scenario.name}`;
      const advice = whatToTry(verdict);
      if (trials.length === 0) {
        if (scenario.verdict !== verdict) return [];
        const isHelp = advice !== null && scenario.notRun.length > 0;
        return [title, `  ${scenario.because}`, ...(isHelp ? [`  try: ${advice}`] : []), ''];
      }
      return [
        `${title}, ${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}`,
        ...trials.slice(0, trialsInFull).flatMap(({ iteration, trial }) => this.#trial(iteration, trial)),
        ...(trials.length > trialsInFull ? [`  and ${trials.length - trialsInFull} more:`] : []),
        ...trials.slice(trialsInFull).map(({ trial }) => `    ${trial.repro}`),
        ...(advice === null ? [] : [`  try: ${advice}`]),
        '',
      ];
    });
  }

  #trial(iteration: IterationResult, trial: TrialResult): string[] {
    const { bold, dim, cyan } = this.#paint;
    const deciding = trial.findings.filter(({ check }) => trial.deciding.includes(check));
    return [
      `  ${bold(`iteration ${iteration.index}, ${trial.variant}`)}${dim(`, ${durationText(trial.durationMs)}`)}`,
      ...(deciding.length === 0 ? [`    ${oneLine(trial.because)}`] : []),
      ...deciding.flatMap(({ check, role, because, witnesses = [] }) => [
        `    ${bold(check)} (${role}): ${because}`,
        ...witnesses.slice(0, witnessesShown).map((witness) => `      - ${witness}`),
        ...(witnesses.length > witnessesShown ? ['      and more'] : []),
      ]),
      ...iteration.errors.map((error) => `    an earlier attempt: ${oneLine(error)}`),
      `    again: ${cyan(trial.repro)}`,
    ];
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
