import type { KillRow, Reporter, RunResult, RunVerdict, ScenarioResult } from '../runner/results.ts';
import { killMatrixCount, redChecksText, shareText } from './kill-matrix.ts';
import type { RunFolder } from './run-folder.ts';
import {
  baselineText,
  boundText,
  countsText,
  durationText,
  passedText,
  remarksOf,
  timeOf,
  usageTexts,
  whatToTry,
} from './wording.ts';

export const summaryFileName = 'summary.md';

/** The page is for a glance; the rest stands in the report. */
const trialsShown = 10;
const witnessesShown = 3;

/** Writes `summary.md`, short enough for the summary of a CI job. */
export function summary(options: { readonly folder: RunFolder }): Reporter {
  return { runFinished: (result) => options.folder.write(summaryFileName, summaryText(result)) };
}

export function summaryText(result: RunResult): string {
  const { scenarios, killMatrix } = result;
  const counts = countsText(scenarios.map(({ verdict }) => verdict));
  const title = killMatrix === null || scenarios.length > 0 ? counts : killMatrixCount(killMatrix);
  const used = result.usage === null ? [] : usageTexts(result.usage);
  const parts = [
    `# relay-chaos: ${title}`,
    `Arena **${result.arena}** (${inline(result.arenaBecause)}), seed \`${result.seed}\`, ` +
      `system ${inline(`${result.system.name} ${result.system.version}`)}, ${durationText(result.durationMs)}, ` +
      `run \`${result.run}\`, ${result.startedAt}.`,
    used.length === 0 ? '' : `${used.map(inline).join('. ')}.`,
    result.baseline ? `Clean network: ${inline(baselineText(result.baseline, result.startedAt))}.` : '',
    remarksOf(result)
      .map((remark) => `- ${inline(remark).replace(/^([^:]+):/, '**$1**:')}`)
      .join('\n'),
    scenarioTable(scenarios),
    ...troubles(scenarios),
    killMatrix === null ? '' : killTable(killMatrix),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const marks: Readonly<Record<RunVerdict, string>> = {
  pass: '✅ pass',
  fail: '❌ fail',
  inert: '⚠️ inert',
  error: '💥 error',
  'not-run': '⬜ not-run',
};

function scenarioTable(scenarios: readonly ScenarioResult[]): string {
  if (scenarios.length === 0) return '';
  return table(
    ['Verdict', 'Scenario', 'Passed', '95 % bound', 'Time', 'Remark'],
    scenarios.map((scenario) => [
      marks[scenario.verdict],
      `**${scenario.id}** ${scenario.name}`,
      passedText(scenario),
      boundText(scenario.lowerBound),
      durationText(timeOf(scenario)),
      scenario.iterations.length === 0
        ? inline(scenario.because)
        : scenario.notRun.map(({ variant, because }) => inline(`${variant} not run: ${because}`)).join('; '),
    ]),
  );
}

/** The trials that did not pass, worst first, each with the line that brings it back. */
function troubles(scenarios: readonly ScenarioResult[]): string[] {
  const trials = (['fail', 'error', 'inert'] as const).flatMap((verdict) =>
    scenarios.flatMap((scenario) =>
      scenario.iterations.flatMap(({ index, trials: all }) =>
        all.filter((trial) => trial.verdict === verdict).map((trial) => ({ scenario, index, trial })),
      ),
    ),
  );
  const shown = trials.slice(0, trialsShown).map(({ scenario, index, trial }) => {
    const deciding = trial.findings.filter(({ check }) => trial.deciding.includes(check));
    const advice = whatToTry(trial.verdict);
    return [
      `### ${marks[trial.verdict]}: ${scenario.id} iteration ${index}, ${trial.variant}`,
      '',
      ...(deciding.length === 0 ? [`- ${inline(trial.because)}`] : []),
      ...deciding.flatMap(({ check, because, witnesses = [] }) => [
        `- **${check}**: ${inline(because)}`,
        ...witnesses.slice(0, witnessesShown).map((witness) => `  - ${inline(witness)}`),
      ]),
      ...(advice === null ? [] : [`- try: ${advice}`]),
      '',
      '```sh',
      trial.repro,
      '```',
    ].join('\n');
  });
  const rest = trials.length - shown.length;
  return rest > 0 ? [...shown, `And ${rest} more in \`report.html\`.`] : shown;
}

function killTable(rows: readonly KillRow[]): string {
  const lines = rows.map((row) => [
    row.verdict === 'caught' ? '✅ caught' : row.verdict === 'not-run' ? '⬜ not-run' : `❌ ${row.verdict}`,
    row.scenario,
    row.defect,
    row.expected,
    shareText(row.caught, row.iterations),
    shareText(row.soundPassed, row.iterations),
    inline(row.verdict === 'caught' ? redChecksText(row) : row.because),
  ]);
  const head = [
    'Verdict',
    'Scenario',
    'Defect',
    'Expectation',
    'Caught',
    'Correct system green',
    'Went red, or why not',
  ];
  return `## Kill matrix: ${killMatrixCount(rows)}\n\n${table(head, lines)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((cells) => line(cells.map(oneLine)))].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Text from outside must not become markup. */
function inline(text: string): string {
  return oneLine(text).replace(/[\\`*_<>[\]#]/g, '\\$&');
}
