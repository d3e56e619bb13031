import { badge, cell, el } from './dom.js';
import { trial } from './trial.js';

/** A fold for each scenario that ran, and in it one for each iteration; their insides are made when they open. */
export function scenarios(list) {
  const ran = list.filter(({ iterations }) => iterations.length > 0);
  const others = list.filter(({ iterations }) => iterations.length === 0);
  return el(
    'section',
    { id: 'scenarios' },
    ran.length > 0 && el('h2', null, 'What happened'),
    ...ran.map(scenario),
    others.length > 0 && notRun(others),
  );
}

function scenario(one) {
  const { id, name, why, topology, verdict, because, passed, bound, time } = one;
  return fold(
    'scenario.panel',
    { id, class: `verdict-${verdict}` },
    [
      badge(verdict),
      el('span.title', null, `${id} ${name}`),
      el(
        'span.figures',
        null,
        `${passed} passed in ${time}, ${bound} (95 % bound)${topology === '' ? '' : `, ${topology}`}`,
      ),
    ],
    () => [
      why !== '' && el('p.why', null, why),
      verdict !== 'pass' && el('p.reason.small.muted', { style: 'margin-top: 6px' }, because),
      ...one.notRun.map(({ variant, because: reason }) =>
        el('p.small.muted', { style: 'margin-top: 6px' }, `Variant ${variant} was not run: ${reason}.`),
      ),
      el('div.iterations', null, ...iterations(one)),
    ],
    verdict !== 'pass',
  );
}

/** What did not pass stands open; beside it, what passed is one fold. */
function iterations({ id, iterations: all }) {
  const good = all.filter(({ verdict }) => verdict === 'pass');
  const bad = all.filter(({ verdict }) => verdict !== 'pass');
  if (bad.length === 0) return good.map((one) => iteration(id, one));
  const passing = () => good.map((one) => iteration(id, one));
  return [
    ...bad.map((one) => iteration(id, one)),
    good.length > 0 &&
      fold(
        'fold',
        { 'data-passing': id },
        [cell('pass'), el('span.muted', null, `${good.length} passing iterations`)],
        passing,
        false,
      ),
  ];
}

function iteration(scenarioId, { index, variant, verdict, because, time, digest, startedAt, errors, trials }) {
  return fold(
    'iteration',
    { id: `${scenarioId}/${index}` },
    [
      cell(verdict),
      el('span.line', null, el('b', null, `#${index} `), verdict === 'pass' ? variant : because),
      el('span.time', null, time),
    ],
    () => [
      ...errors.map((error) => el('p.small.reason', null, badge('error', 'earlier attempt'), ` ${error}`)),
      ...trials.map((one) => trialPart(one, verdict)),
      el(
        'p.small.muted',
        { style: 'margin-top: 14px' },
        `Started ${startedAt}, digest `,
        el('span.mono', null, digest.slice(0, 16)),
        '.',
      ),
    ],
    verdict !== 'pass',
  );
}

/** Beside a trial that did not pass, one that passed is folded. */
function trialPart(one, verdict) {
  if (verdict === 'pass' || one.verdict !== 'pass') return trial(one);
  const summary = [cell('pass'), el('span.muted', null, `${one.variant} passed`)];
  return fold('fold', {}, summary, () => [trial(one)], false);
}

function notRun(list) {
  return el(
    'div.panel',
    { style: 'padding: 12px 18px' },
    el('h3', null, 'Asked for, and not run'),
    ...list.map(({ id, name, because }) =>
      el(
        'p.small',
        { style: 'margin-top: 6px' },
        badge('not-run'),
        ` ${id} ${name}: `,
        el('span.muted', null, because),
      ),
    ),
  );
}

/** A fold whose inside is made when it first opens. */
function fold(tag, attributes, summary, inside, isOpen) {
  const { class: extra, ...rest } = attributes;
  const element = el(`details.${tag}${extra === undefined ? '' : `.${extra}`}`, rest, el('summary', null, ...summary));
  const fill = () => {
    if (element.querySelector(':scope > .inside') === null) element.append(el('div.inside', null, ...inside()));
  };
  element.addEventListener('toggle', () => element.open && fill());
  element.fill = fill;
  if (isOpen) {
    fill();
    element.open = true;
  }
  return element;
}

/** Opens what an address such as `#S-CONC-01/7` names, with the folds around it, and goes there. */
export function goTo(address) {
  const [id, index] = decodeURIComponent(address.replace(/^#/, '')).split('/');
  const outer = document.getElementById(id);
  if (outer === null || outer.tagName !== 'DETAILS') return;
  outer.fill();
  outer.open = true;
  for (const passing of outer.querySelectorAll('[data-passing]')) passing.fill();
  const target = index === undefined ? outer : document.getElementById(`${id}/${index}`);
  if (target === null) return;
  for (let around = target; around !== null; around = around.parentElement?.closest('details') ?? null)
    around.open = true;
  target.scrollIntoView({ block: 'start' });
}
