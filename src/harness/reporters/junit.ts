import junitReportBuilder, { type Builder, type TestCase, type TestSuite } from 'junit-report-builder';
import type { IterationResult, KillRow, Reporter, RunResult, ScenarioResult } from '../runner/results.ts';
import type { RunFolder } from './run-folder.ts';
import { remarksOf } from './wording.ts';

export const junitFileName = 'junit.xml';

/** The package declares a default export and exports the builder itself. */
const builder = junitReportBuilder as unknown as Builder;

/** Writes `junit.xml`: a suite for each scenario, a case for each iteration. */
export function junit(options: { readonly folder: RunFolder }): Reporter {
  return { runFinished: (result) => options.folder.write(junitFileName, junitText(result)) };
}

/**
 * `fail` and `inert` are failures of these types, `error` is an error, `not-run` is skipped: a reader that knows only
 * green and red sees nothing green that did not pass.
 */
export function junitText(result: RunResult): string {
  const report = builder.newBuilder().name(`relay-chaos ${result.run}`);
  for (const scenario of result.scenarios) addScenario(report, result, scenario);
  if (result.killMatrix !== null) addKillMatrix(report, result.killMatrix);
  return report.build();
}

function addScenario(report: Builder, result: RunResult, scenario: ScenarioResult): void {
  const suite = report
    .testSuite()
    .name(safe(`${scenario.id} ${scenario.name}`))
    .timestamp(result.startedAt);
  suite.property('arena', safe(`${result.arena} (${result.arenaBecause})`));
  suite.property('seed', result.seed);
  suite.property('system', safe(`${result.system.name} ${result.system.version}`));
  for (const remark of remarksOf(result)) suite.property('remark', safe(remark));
  for (const { variant, because } of scenario.notRun) suite.property(`not-run ${variant}`, safe(because));
  for (const iteration of scenario.iterations) addIteration(suite, scenario, iteration);
  if (scenario.iterations.length === 0) {
    caseOf(suite, scenario.id, scenario.verdict).skipped().standardOutput(safe(scenario.because));
  }
}

function addIteration(suite: TestSuite, scenario: ScenarioResult, iteration: IterationResult): void {
  const { index, variant, verdict, because, durationMs, trials, errors } = iteration;
  const one = caseOf(suite, scenario.id, `iteration ${index}: ${variant}`).time(durationMs / 1000);
  const findings = trials
    .filter((trial) => trial.verdict !== 'pass')
    .flatMap((trial) => [
      `${trial.variant}: ${trial.verdict}, ${trial.because}`,
      ...trial.findings
        .filter(({ check }) => trial.deciding.includes(check))
        .flatMap(({ check, role, because: why, witnesses = [] }) => [
          `  ${check} (${role}): ${why}`,
          ...witnesses.map((witness) => `    - ${witness}`),
        ]),
    ]);
  const details = safe(findings.join('\n'));
  if (verdict === 'fail' || verdict === 'inert') one.failure(safe(because), verdict).stacktrace(details);
  if (verdict === 'error') one.error(safe(because), 'error', details);
  if (verdict === 'not-run') one.skipped();
  const output = [...errors.map((error) => `an earlier attempt: ${error}`), ...trials.map(({ repro }) => repro)];
  one.standardOutput(safe(output.join('\n')));
}

function addKillMatrix(report: Builder, rows: readonly KillRow[]): void {
  const suite = report.testSuite().name('kill matrix');
  for (const row of rows) {
    const one = caseOf(suite, row.scenario, `${row.defect} is caught by ${row.expected}`);
    if (row.verdict === 'not-run') one.skipped();
    else if (row.verdict !== 'caught') one.failure(safe(row.because), row.verdict);
    one.standardOutput(safe(row.because));
  }
}

function caseOf(suite: TestSuite, className: string, name: string): TestCase {
  return suite.testCase().className(className).name(safe(name));
}

/** Without what XML 1.0 cannot carry in any form: control characters, half surrogates, U+FFFE and U+FFFF. */
function safe(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
}
