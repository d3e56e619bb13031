import { el } from './dom.js';
import { grid } from './grid.js';
import { facts, head } from './head.js';
import { killMatrix } from './kill-matrix.js';
import { goTo, scenarios } from './scenarios.js';

/** @type {import('../report-data.ts').ReportData} */
const data = JSON.parse(document.getElementById('data').textContent);

document
  .getElementById('page')
  .replaceChildren(
    ...[
      head(data),
      grid(data),
      data.scenarios.length === 0 ? killMatrix(data.killMatrix, data.killCount) : null,
      scenarios(data.scenarios),
      data.scenarios.length === 0 ? null : killMatrix(data.killMatrix, data.killCount),
      facts(data.facts),
      el(
        'p.small.muted',
        { style: 'margin-top: 24px' },
        'Made from history.jsonl, beside this page. It holds only keys generated for the run.',
      ),
    ].filter((part) => part !== null),
  );

addEventListener('hashchange', () => goTo(location.hash));
document.addEventListener('click', (event) => {
  // A second click on the same cell changes no address, and must lead there all the same.
  const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
  if (link !== null && link.getAttribute('href') === location.hash) goTo(location.hash);
});
if (location.hash !== '') goTo(location.hash);
