import { entriesOf } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';

/** From the injection of one fault to its heal. */
export interface FaultWindow {
  readonly fault: number;
  readonly name: string;
  /** Of its parameters `link`; empty when it has none. */
  readonly links: readonly string[];
  /** Wall clock, both ends belong to it. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Index of the `injected` entry. */
  readonly fromIndex: number;
  /** As injected, with what was drawn. */
  readonly parameters: unknown;
  readonly armed: boolean;
}

/** Every fault of the trial, disarmed ones too. A fault that was not healed, or not cleanly, lasts to the end. */
export function faultWindows(record: TrialRecord): readonly FaultWindow[] {
  const healed = entriesOf(record.entries, 'healed');
  const endMs = record.entries.at(-1)?.atMs ?? 0;
  return entriesOf(record.entries, 'injected').map((injected) => {
    const heal = healed.find((entry) => entry.fault === injected.fault && entry.error === undefined);
    return {
      fault: injected.fault,
      name: injected.name,
      links: linksIn(injected.parameters),
      fromMs: injected.atMs,
      toMs: heal?.atMs ?? endMs,
      fromIndex: injected.index,
      parameters: injected.parameters,
      armed: !injected.disarmed,
    };
  });
}

/** The faults that were really on; `name` takes only those of one kind. A proof needs at least one. */
export function armedWindows(record: TrialRecord, name?: string): readonly FaultWindow[] {
  return faultWindows(record).filter((window) => window.armed && (name === undefined || window.name === name));
}

/** The earliest moment at which the fault may have acted: its trigger fired, or the load began. */
export function injectionBeganMs(record: TrialRecord, { fault, fromMs }: FaultWindow): number {
  const triggered = entriesOf(record.entries, 'witness').find(
    (entry) => entry.name === 'triggered' && entry.fault === fault,
  );
  const loading = entriesOf(record.entries, 'phase').find(({ phase }) => phase === 'loading');
  return triggered?.atMs ?? loading?.atMs ?? fromMs;
}

export function isWithin(window: FaultWindow, atMs: number): boolean {
  return window.fromMs <= atMs && atMs <= window.toMs;
}

/** The armed windows that act on a link: the one asked for, else every link that a fault names. */
export function windowsByLink(
  record: TrialRecord,
  link?: string,
): readonly (FaultWindow & { readonly link: string })[] {
  return armedWindows(record).flatMap((window) =>
    window.links
      .filter((candidate) => link === undefined || candidate === link)
      .map((candidate) => ({ ...window, link: candidate })),
  );
}

const minuteMs = 60_000;

/** The window’s minutes, all of one length: as many as it lasted, rounded, and one at least. */
export function minutesOf(window: FaultWindow): readonly FaultWindow[] {
  const { fromMs, toMs } = window;
  const count = Math.max(1, Math.round((toMs - fromMs) / minuteMs));
  const at = (index: number) => fromMs + ((toMs - fromMs) * index) / count;
  return Array.from({ length: count }, (_, index) => ({ ...window, fromMs: at(index), toMs: at(index + 1) }));
}

/** How many of the times lie within one minute, at most; of any minute, not only of whole ones. */
export function mostInAMinute(timesMs: readonly number[]): number {
  const inMinuteFrom = (fromMs: number) => timesMs.filter((atMs) => fromMs <= atMs && atMs < fromMs + minuteMs).length;
  return Math.max(0, ...timesMs.map(inMinuteFrom));
}

function linksIn(parameters: unknown): readonly string[] {
  const link = (parameters as { link?: unknown } | null)?.link;
  if (typeof link === 'string') return [link];
  return Array.isArray(link) ? link.filter((one): one is string => typeof one === 'string') : [];
}
