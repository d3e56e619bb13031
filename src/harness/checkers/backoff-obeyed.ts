import { z } from 'zod';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';

const parameters = z.strictObject({
  /** How far outside its band a wait may lie. */
  toleranceMs: z.number().int().nonnegative().default(250),
  /** So many waits were seen. */
  count: z.number().int().positive().default(1),
});

const longestMs = 30_000;
const jitterMs = 5_000;

interface Wait {
  readonly node: string;
  readonly attempt: number;
  readonly tookMs: number;
}

/**
 * Each wait before a reconnect lay in its band: attempt n waits min(2^(n-1), 30) s and up to 5 s more, by the states the
 * node announced and its own clock: what a busy tester hears of late would make the next wait look short. A wait that an
 * order to connect or the end of the process cut short counts for nothing.
 */
export const backoffObeyed: Checker<z.output<typeof parameters>> = {
  name: 'backoff-obeyed',
  role: 'reaction',
  about: 'Each wait before a reconnect lies in its band, which doubles with every failure up to 30 s and is 5 s wide.',
  parameters,
  judge(record, { toleranceMs, count }) {
    const clauses = new Clauses();
    const waits = record.nodes.flatMap((node) => waitsOf(record, node));
    const figures = `${waits.length} waits in their bands, attempts up to ${Math.max(0, ...waits.map(({ attempt }) => attempt))}`;
    if (waits.length < count) clauses.unknown(`${waits.length} waits were seen, expected ${count}`);
    const least = (attempt: number) => Math.min(1000 * 2 ** (attempt - 1), longestMs);
    const told = ({ node, attempt, tookMs }: Wait) => `${node} waited ${Math.round(tookMs)} ms for attempt ${attempt}`;
    const short = waits.filter(({ attempt, tookMs }) => tookMs < least(attempt) - toleranceMs);
    const long = waits.filter(({ attempt, tookMs }) => tookMs > least(attempt) + jitterMs + toleranceMs);
    clauses.none(short.map(told), 'waits that were too short', figures);
    judgeTiming(record, clauses, toleranceMs, long.map(told), 'waits that were too long', figures);
    return clauses.finding();
  },
};

function waitsOf(record: TrialRecord, node: string): Wait[] {
  const waits: Wait[] = [];
  let begun: { readonly attempt: number; readonly atMs: number } | null = null;
  for (const entry of record.entries) {
    const isCutShort =
      (entry.kind === 'invoked' && entry.node === node && (entry.op === 'connect' || entry.op === 'disconnect')) ||
      (entry.kind === 'process' && entry.target === node);
    if (isCutShort) begun = null;
    if (entry.kind !== 'event' || entry.node !== node || entry.event.event !== 'state') continue;
    const { state, attempt, atMs } = entry.event;
    if (state === 'connecting' && begun !== null) {
      waits.push({ node, attempt: begun.attempt, tookMs: atMs - begun.atMs });
    }
    begun = state === 'reconnecting' ? { attempt, atMs } : null;
  }
  return waits;
}
