import { badge, cell, el } from './dom.js';

/** Every scenario of the catalogue: those that ran with a cell for each iteration, the others by name. */
export function grid(data) {
  if (data.scenarios.length === 0) return null;
  const ran = new Map(data.scenarios.filter(({ iterations }) => iterations.length > 0).map((one) => [one.id, one]));
  const reasons = new Map(data.scenarios.map(({ id, because }) => [id, because]));
  return el(
    'section',
    { id: 'grid' },
    el('h2', null, 'Scenarios'),
    el(
      'div.panel.grid',
      null,
      ...data.categories.map((category) => {
        const rows = category.rows.filter(({ id }) => ran.has(id));
        const others = category.rows.filter(({ id }) => !ran.has(id));
        return el(
          'div.category',
          null,
          el(
            'header',
            null,
            el('h3', null, category.name),
            el('span.muted.small', null, `${category.built} of ${category.rows.length} built`),
          ),
          ...rows.map(({ id }) => row(ran.get(id))),
          others.length > 0 && el('div.chips', null, ...others.map((one) => chip(one, reasons.get(one.id)))),
        );
      }),
      legend(),
    ),
  );
}

function row({ id, name, verdict, passed, bound, time, iterations }) {
  return el(
    'div.row',
    { 'data-row': id },
    el('div', null, badge(verdict)),
    el('div.title', null, el('a', { href: `#${id}` }, id), el('span.subtitle', null, name)),
    el('div.figures.small', null, `${passed} passed in ${time}`, el('div.muted', null, `${bound} (95 % bound)`)),
    el(
      'div.cells',
      null,
      ...iterations.map((iteration) => {
        const text = `${id} iteration ${iteration.index} (${iteration.variant}): ${iteration.verdict}`;
        return cell(iteration.verdict, { href: `#${id}/${iteration.index}`, title: text, 'aria-label': text });
      }),
    ),
  );
}

function chip({ id, name, built }, because) {
  const reason = because ?? (built ? 'built, not asked for' : 'not built yet');
  return el(`span.chip${built ? '' : '.missing'}`, { title: `${name}: ${reason}`, 'data-row': id }, id);
}

function legend() {
  const meanings = {
    pass: 'every check holds and every fault is proven',
    fail: 'an invariant is broken, or a reaction did not come',
    inert: 'nothing broken, but a fault left no proof',
    error: 'the tester or the machine failed',
    'not-run': 'not run, with a reason',
  };
  return el(
    'div.legend',
    null,
    ...Object.entries(meanings).map(([verdict, meaning]) => el('span', null, cell(verdict), meaning)),
    el('span', null, el('span.chip', null, 'built'), el('span.chip.missing', null, 'not built'), 'not in this run'),
  );
}
