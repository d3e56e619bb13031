import type { KillRow } from '../runner/results.ts';
import { aligned } from './aligned.ts';

/** The kill matrix as aligned text: each planted defect, its scenario, and the expectation that caught it. */
export function killMatrixText(rows: readonly KillRow[]): string {
  if (rows.length === 0) return 'kill matrix: no planted defect was run\n';
  const table = [
    ['verdict', 'scenario', 'defect', 'arena', 'expectation', 'caught', 'sound', 'went red'],
    ...rows.map((row) => [
      row.verdict,
      row.scenario,
      row.defect,
      row.arena,
      row.expected,
      shareText(row.caught, row.iterations),
      shareText(row.soundPassed, row.iterations),
      redChecksText(row),
    ]),
  ];
  const reasons = rows
    .filter((row) => row.verdict !== 'caught')
    .map((row) => `  ${row.scenario} ${row.defect}: ${row.verdict}, ${row.because}`);
  return `${[...aligned(table), '', killMatrixCount(rows), ...reasons].join('\n')}\n`;
}

/** `5 of 6 defects caught, 1 not run`. */
export function killMatrixCount(rows: readonly KillRow[]): string {
  const caught = rows.filter((row) => row.verdict === 'caught').length;
  const notRun = rows.filter((row) => row.verdict === 'not-run').length;
  const rest = notRun === 0 ? '' : `, ${notRun} not run`;
  return `${caught} of ${rows.length - notRun} defects caught${rest}`;
}

/** Every check that went red, with how often: `distinct-cursors 3, no-data-loss 1`. */
export function redChecksText(row: KillRow): string {
  const checks = Object.entries(row.redChecks).toSorted(([, one], [, other]) => other - one);
  return checks.length === 0 ? '-' : checks.map(([check, count]) => `${check} ${count}`).join(', ');
}

/** `3 of 5`, or `-` of nothing. */
export function shareText(part: number, whole: number): string {
  return whole === 0 ? '-' : `${part} of ${whole}`;
}
