import type { MetadataScan } from '../history/collected.ts';
import { findMarked, type Identifier } from './identifier-search.ts';

export interface PageScan {
  readonly strayPages: MetadataScan['strayPages'];
  /** The mark, added to the page after it was fetched, was found by the search that looks for identifiers. */
  readonly markFound: boolean;
}

/**
 * Judges one health or metrics page: totals only, and none of the identifiers. A problem never quotes the page.
 *
 * A page cannot be marked from outside, so its control has two halves: the page must parse, which shows that it was
 * fetched, and the mark added to it must be found, which shows the search.
 */
export function scanPage(
  name: string,
  text: string,
  kind: 'health' | 'metrics',
  identifiers: readonly Identifier[],
  mark: string,
): PageScan {
  const problems = kind === 'health' ? healthProblems(text) : metricsProblems(text);
  const { hits, markFound } = findMarked(`${text}\n${mark}`, identifiers, mark);
  const held = new Set(hits.map(({ label, encoding }) => `holds an identifier (${label}, ${encoding})`));
  return { strayPages: [...problems, ...held].map((problem) => ({ page: name, problem })), markFound };
}

const plainName = /^[A-Za-z_:][A-Za-z0-9_:.-]{0,80}$/;

/** A flat object of numbers; only `status` and `version` are words. */
function healthProblems(text: string): string[] {
  let page: unknown;
  try {
    page = JSON.parse(text);
  } catch {
    return ['expected JSON'];
  }
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return ['expected a JSON object'];
  return Object.entries(page).flatMap(([field, value]) => {
    if (field === 'status' || field === 'version') {
      const isWord = typeof value === 'string' && /^[\w.+-]{1,40}$/.test(value);
      return isWord ? [] : [`${field}: expected one word`];
    }
    if (typeof value === 'number' && plainName.test(field)) return [];
    return [`${shown(field)}: expected a number`];
  });
}

const metricName = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const helpLine = new RegExp(`^# HELP ${metricName} .*$`);
const typeLine = new RegExp(`^# TYPE ${metricName} (counter|gauge|histogram|summary|untyped)$`);
const number = '(?:[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?|[+-]?Inf|NaN)';
const sampleLine = new RegExp(`^(${metricName})(?:\\{(.*)\\})? (${number})(?: -?\\d+)?$`);
const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)/;
/** Labels that say nothing of a user: what kind each may hold. */
const labelValues: Readonly<Record<string, RegExp>> = {
  version: /^[\w.+-]{1,40}$/,
  le: new RegExp(`^${number}$`),
  quantile: new RegExp(`^${number}$`),
};

/** Prometheus text format 0.0.4, each line one of HELP, TYPE and sample. */
function metricsProblems(text: string): string[] {
  let samples = 0;
  const problems = text.split('\n').flatMap((line, index) => {
    if (line === '' || helpLine.test(line) || typeLine.test(line)) return [];
    const sample = sampleLine.exec(line);
    if (sample === null) return [`line ${index + 1}: expected HELP, TYPE or a sample`];
    samples += 1;
    return labelProblems(sample[2] ?? '').map((problem) => `line ${index + 1}: ${problem}`);
  });
  return samples === 0 ? [...problems, 'expected at least one sample'] : problems;
}

function labelProblems(labels: string): string[] {
  const problems: string[] = [];
  let rest = labels;
  while (rest !== '') {
    const match = label.exec(rest);
    if (match === null) return [...problems, 'labels that cannot be read'];
    const [whole, name, value] = match;
    const allowed = Object.hasOwn(labelValues, name!) ? labelValues[name!] : undefined;
    if (allowed === undefined) problems.push(`a label outside the list (${shown(name!)})`);
    else if (!allowed.test(value!)) problems.push(`the label ${name} holds something else`);
    rest = rest.slice(whole.length);
  }
  return problems;
}

/** Names that look like names; others are not repeated, they may be the leak. */
function shown(name: string): string {
  return plainName.test(name) ? name : `a name of ${name.length} characters`;
}
