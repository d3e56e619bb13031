import { badge, el } from './dom.js';

/** What ran, where, and what became of it; then everything that limits how it may be read. */
export function head(data) {
  const wide = new Set(['arena', 'system', 'baseline', 'workers']);
  return el(
    `header.panel.head.verdict-${data.verdict}`,
    null,
    el('div.name', null, `relay-chaos ${data.version}`),
    el('h1', null, data.title),
    data.counts.length > 0 &&
      el(
        'div.counts',
        { id: 'counts' },
        ...data.counts.map(([verdict, count]) => badge(verdict, `${count} ${verdict}`)),
      ),
    el(
      'dl.about',
      null,
      ...data.about.map(([label, value]) =>
        el(
          `div${wide.has(label) && value.length > 30 ? '.wide' : ''}`,
          null,
          el('dt', null, label),
          el('dd', null, value),
        ),
      ),
    ),
    ...data.remarks.map(remark),
  );
}

function remark(text) {
  const [keyword, ...rest] = text.split(':');
  const isStrong = ['disarmed', 'planted defect', 'unfinished'].includes(keyword);
  const weight = isStrong ? '.strong' : keyword === 'no baseline' ? '.quiet' : '';
  return el(`p.remark${weight}`, { 'data-remark': keyword }, el('b', null, keyword), `:${rest.join(':')}`);
}

/** What the arena found out about engine, kernel and images, folded away. */
export function facts(list) {
  if (list.length === 0) return null;
  return el(
    'details.panel.fold',
    { style: 'margin-top: 32px; padding: 4px 18px' },
    el('summary', null, el('h3', null, 'Facts of the arena')),
    el(
      'dl.about',
      { style: 'padding: 4px 0 14px' },
      ...list.map(([label, value]) =>
        el('div', null, el('dt', null, label), el('dd.mono', { style: 'white-space: pre-wrap' }, value)),
      ),
    ),
  );
}
