import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Reporter } from '../runner/results.ts';
import { buildReportData } from './build-report-data.ts';
import type { ReportData } from './report-data.ts';
import { type RunFolder, readRun } from './run-folder.ts';

export const htmlReportFileName = 'report.html';

/** The page's scripts in the order in which they are joined: each after what it imports. */
const scripts = ['dom', 'head', 'grid', 'plots', 'timeline', 'trial', 'scenarios', 'kill-matrix', 'main'];

/** Writes `report.html` from what the run left in its folder. */
export function htmlReport(options: { readonly folder: RunFolder }): Reporter {
  return {
    runFinished: () => {
      writeHtmlReport(options.folder.path);
    },
  };
}

/** Makes the page of a stored run and gives back its path. */
export function writeHtmlReport(folder: string): string {
  const path = join(folder, htmlReportFileName);
  writeFileSync(path, htmlReportText(buildReportData(readRun(folder))), { mode: 0o600 });
  return path;
}

/** One page that needs nothing else: styles, scripts, the plot library and the data are in it. */
export function htmlReportText(data: ReportData): string {
  // Escaped so that no text of a run can end the element it stands in.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(`${data.title} · relay-chaos ${data.run}`)}</title>
<style>${plotFile('uPlot.min.css')}${pageFile('page.css')}</style>
</head>
<body>
<main id="page">
<noscript><h1>${escaped(data.title)}</h1><p>This page draws itself with scripts that are part of it; summary.md, beside it, needs none.</p></noscript>
</main>
<script type="application/json" id="data">${json}</script>
<script>${plotFile('uPlot.iife.min.js')}</script>
<script type="module">const parts = {};\n${scripts.map(script).join('\n')}</script>
</body>
</html>
`;
}

/** A script as a function of its own, so that names in two of them do not meet; what it exports goes into `parts`. */
function script(name: string): string {
  const source = pageFile(`${name}.js`);
  const exported = [...source.matchAll(/^export function (\w+)/gm)].map((match) => match[1]);
  const body = source
    .replace(/^import ({[^}]*}) from [']\.\/([\w-]+)\.js';$/gm, "const $1 = parts['$2'];")
    .replace(/^export /gm, '');
  return `parts['${name}'] = (() => {\n${body}\nreturn { ${exported.join(', ')} };\n})();`;
}

function pageFile(name: string): string {
  return readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
}

function plotFile(name: string): string {
  const library = createRequire(import.meta.url).resolve('uplot');
  return readFileSync(join(dirname(library), name), 'utf8');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
