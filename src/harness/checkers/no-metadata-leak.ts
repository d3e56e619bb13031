import { z } from 'zod';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeAbsence } from './missing.ts';
import { hitsOf, isDeviceName } from './search-sources.ts';

/**
 * Every line of the relay's log belongs to the closed list of events, its pages carry totals only, neither holds an
 * id, and no device name is found outside the logs of the nodes themselves.
 */
export const noMetadataLeak: Checker<Record<string, never>> = {
  name: 'no-metadata-leak',
  role: 'invariant',
  about: 'Relay logs and pages hold no ids, names or group sizes: closed lists only, and no device name anywhere.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const { metadata } = record.collected;
    judgeNames(record, clauses);
    judgeLog(record, clauses);
    judgePages(record, clauses);
    const isScanned = metadata.logLines !== null || metadata.pages !== null;
    if (isScanned && !metadata.markFound) clauses.unknown('the marked line or page was not seen by the scan');
    return clauses.finding();
  },
};

function judgeNames(record: TrialRecord, clauses: Clauses): void {
  const { searches } = record.collected;
  const isNodesOwn = (source: string) => record.nodes.some((node) => source.includes(node));
  const hits = hitsOf(
    searches,
    (canary, { kind, source }) => isDeviceName(canary) && !(kind === 'log' && isNodesOwn(source)),
  );
  if (searches.length === 0) judgeAbsence(record, clauses, 'searches', 'device names');
  else clauses.none(hits, 'device names found', `no device name in ${searches.length} sources`);
}

function judgeLog(record: TrialRecord, clauses: Clauses): void {
  const { logLines, strayLines } = record.collected.metadata;
  const breaches = strayLines.map(({ line, problem }) => `relay log line ${line}: ${problem}`);
  const hasList = record.can.includes('log-events');
  if (!hasList) clauses.notRun('closed list of log events (the system has none)');
  // Who promises no event may stay silent; the marked line shows that its log was read.
  if (logLines === null || (logLines === 0 && hasList)) {
    judgeAbsence(record, clauses, 'metadata.logLines', 'lines of the relay’s log');
    if (breaches.length === 0) return;
  }
  const figures = `${logLines} log lines ${hasList ? 'on the closed list' : 'without an identifier'}`;
  clauses.none(breaches, 'lines of the relay’s log that tell too much', figures);
}

function judgePages(record: TrialRecord, clauses: Clauses): void {
  const { pages, strayPages } = record.collected.metadata;
  if (!record.can.includes('pages')) {
    clauses.notRun('pages (the system has none)');
    return;
  }
  const breaches = strayPages.map(({ page, problem }) => `${page}: ${problem}`);
  if (pages === null || pages.length === 0) {
    judgeAbsence(record, clauses, 'metadata.pages', 'health and metrics pages');
    if (breaches.length === 0) return;
  }
  clauses.none(breaches, 'pages with more than totals', `${pages?.length} pages with totals only`);
}
