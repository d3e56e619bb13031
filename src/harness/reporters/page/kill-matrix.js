import { badge, el, table } from './dom.js';

const verdicts = { caught: 'pass', missed: 'fail', 'sound-not-green': 'fail', 'not-run': 'not-run' };

/** Each planted defect against its scenario, and the expectation that caught it. */
export function killMatrix(rows, count) {
  if (rows === null) return null;
  const head = [
    'verdict',
    'scenario',
    'planted defect',
    'expectation',
    'caught',
    'correct system',
    'went red, or why not',
  ];
  return el(
    'section',
    { id: 'kill-matrix' },
    el('h2', null, `Kill matrix: ${count}`),
    el(
      'div.panel',
      { style: 'padding: 8px 18px 14px' },
      table(
        'stacked',
        head,
        rows.map((row) => [
          ['fixed', badge(verdicts[row.verdict], row.verdict)],
          ['fixed', row.scenario],
          ['fixed mono', row.defect],
          ['fixed mono', row.expected],
          ['fixed', row.caught],
          ['fixed', row.sound === '-' ? '-' : `${row.sound} green`],
          row.verdict === 'caught' ? row.red : row.because,
        ]),
      ),
    ),
  );
}
