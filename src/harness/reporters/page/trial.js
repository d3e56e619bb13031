import { badge, el, seconds, table, whenVisible } from './dom.js';
import { drawCurves, drawLatency } from './plots.js';
import { drawTimeline } from './timeline.js';

/** One trial: its verdict, the line that brings it back, what each check said, and what happened when. */
export function trial(one) {
  const { variant, verdict, because, advice, time, repro, timeline } = one;
  return el(
    'article.trial',
    { 'data-trial': variant, 'data-verdict': verdict },
    el('header', null, badge(verdict), el('b', null, variant), el('span.muted.small', null, time)),
    el('p.reason', null, because),
    advice !== null && el('p.small.muted', null, `Try: ${advice}.`),
    reproLine(repro),
    findings(one),
    timeline === null ? withoutTimeline(one) : overTime(timeline),
  );
}

function reproLine(text) {
  const code = el('code', { 'data-repro': '' }, text);
  const button = el('button', { type: 'button', click: copy }, 'Copy');
  function copy() {
    getSelection().selectAllChildren(code);
    const said = (word) => {
      button.textContent = word;
    };
    // A page opened from a file may not have the clipboard; the line is selected then.
    if (navigator.clipboard === undefined) said(document.execCommand('copy') ? 'Copied' : 'Selected');
    else
      navigator.clipboard.writeText(text).then(
        () => said('Copied'),
        () => said('Selected'),
      );
  }
  return el('div.repro', null, code, button);
}

const order = ['invalid', 'unknown', 'valid', 'not-run'];

/** What does not hold and what proves the faults; the rest, which only says that all is well, is folded away. */
function findings({ findings: list, deciding }) {
  if (list === null || list.length === 0) return null;
  const isQuiet = ({ verdict, role }) => verdict === 'valid' && role !== 'proof';
  const told = list
    .filter((one) => !isQuiet(one))
    .toSorted((one, other) => order.indexOf(one.verdict) - order.indexOf(other.verdict));
  const quiet = list.filter(isQuiet);
  return el(
    'div',
    null,
    el('h4', null, 'Findings'),
    told.length > 0 && findingTable(told, deciding),
    quiet.length > 0 &&
      el(
        'details.fold',
        null,
        el(
          'summary',
          null,
          el('span.muted.small', null, `${quiet.length} ${told.length > 0 ? 'more ' : ''}checks hold`),
        ),
        findingTable(quiet, deciding),
      ),
  );
}

function findingTable(list, deciding) {
  const rows = list.map(({ check, role, standing, verdict, because, witnesses = [] }) => ({
    class: `says-${verdict}${deciding.includes(check) ? ' deciding' : ''}`,
    cells: [
      ['fixed', el(`span.badge.says-${verdict}`, null, verdict)],
      ['fixed check', check],
      ['fixed muted', standing ? `${role}, always` : role],
      [
        'wide',
        because,
        witnesses.length > 0 && el('ul', null, ...witnesses.map((witness) => el('li.witness', null, witness))),
      ],
    ],
  }));
  return table('stacked findings', ['says', 'check', 'role', 'because'], rows);
}

function withoutTimeline({ verdict, findings: list }) {
  const reason =
    verdict === 'pass' || list === null
      ? 'Left out of this page to keep it small; history.jsonl has this trial in full.'
      : 'No time line: the trial left no record, or it was left out to keep this page small.';
  return el('p.small.muted', { style: 'margin-top: 12px' }, reason);
}

function overTime(timeline) {
  return el(
    'div',
    null,
    el('h4', null, 'Time line'),
    drawTimeline(timeline),
    ...latency(timeline),
    ...faultWindows(timeline.windows),
    ...resources(timeline),
  );
}

function latency(timeline) {
  if (!timeline.operations.some(([, op, , , end]) => op === 'push' && end === 'acked')) return [];
  const box = el('div.drawing.latency');
  whenVisible(box, (width) => drawLatency(box, timeline, width));
  return [el('h4', null, 'Push to acknowledgement by the relay'), box];
}

function faultWindows(windows) {
  if (windows.length === 0) return [];
  const rows = windows.map(({ name, parameters, fromMs, toMs, armed, healError, witnesses }) => [
    ['fixed', el('b', null, name), armed ? '' : ' (disarmed)'],
    ['fixed', `${seconds(fromMs)} to ${seconds(toMs)}`],
    ['mono', parameters],
    [
      'mono',
      ...witnesses.map(([witness, value]) => el('div', null, `${witness}: ${value}`)),
      healError !== null && el('div', null, badge('fail', 'not healed'), ` ${healError}`),
    ],
  ]);
  return [
    el('h4', null, 'Faults and what was measured'),
    table('stacked', ['fault', 'on', 'parameters', 'measured outside the system'], rows),
  ];
}

function resources({ curves, figures, spanMs, windows }) {
  if (curves.length === 0 && figures.length === 0) return [];
  const box = el('div.curves');
  if (curves.length > 0) whenVisible(box, () => drawCurves(box, curves, spanMs, windows));
  return [
    el('h4', null, 'Resources'),
    figures.length > 0 &&
      el(
        'p.figures-line',
        { style: 'margin-bottom: 8px' },
        ...figures.map(([label, value]) => el('span', null, el('span.muted', null, `${label} `), value)),
      ),
    curves.length > 0 && box,
  ];
}
