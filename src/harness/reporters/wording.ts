import type { Baseline, Spread } from '../history/baseline.ts';
import type { RunResult, RunUsage, RunVerdict, ScenarioResult } from '../runner/results.ts';

/** The words that every report uses, so that they say the same thing the same way. */
export const verdictLetters: Readonly<Record<RunVerdict, string>> = {
  pass: 'P',
  fail: 'F',
  inert: 'I',
  error: 'E',
  'not-run': 'N',
};

/** In the order a reader wants them: what is worst comes first. */
export const verdictsWorstFirst: readonly RunVerdict[] = ['fail', 'error', 'inert', 'not-run', 'pass'];

/** `420 ms`, `3.2 s`, `1 min 12 s`, `1 h 02 min`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** `512 B`, `16 KiB`, `4 MiB`; what is no whole number of them exactly, and about: `1048494 B (1.00 MiB)`. */
export function sizeText(bytes: number): string {
  const kib = 1024;
  const mib = kib * kib;
  if (bytes < kib) return `${bytes} B`;
  if (bytes % mib === 0) return `${bytes / mib} MiB`;
  if (bytes % kib === 0) return `${bytes / kib} KiB`;
  return `${bytes} B (${bytes < mib - kib ? `${(bytes / kib).toFixed(1)} KiB` : `${(bytes / mib).toFixed(2)} MiB`})`;
}

/** `25 of 25`. */
export function passedText(result: Pick<ScenarioResult, 'passed' | 'total'>): string {
  return result.total === 0 ? '-' : `${result.passed} of ${result.total}`;
}

/** The one-sided 95 % lower bound, `≥ 88.7 %`. */
export function boundText(lowerBound: number | null): string {
  // Rounded down: a bound must not promise more than it holds.
  return lowerBound === null ? '-' : `≥ ${(Math.floor(lowerBound * 1000) / 10).toFixed(1)} %`;
}

/** Time spent in a scenario's iterations. */
export function timeOf(scenario: ScenarioResult): number {
  return scenario.iterations.reduce((sum, iteration) => sum + iteration.durationMs, 0);
}

/** `3 pass, 1 fail`, worst first. */
export function countsText(verdicts: readonly RunVerdict[]): string {
  const counts = verdictsWorstFirst.flatMap((verdict) => {
    const count = verdicts.filter((one) => one === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict}`];
  });
  return counts.length === 0 ? 'no scenario was run' : counts.join(', ');
}

export function worstVerdict(verdicts: readonly RunVerdict[]): RunVerdict {
  return verdictsWorstFirst.find((verdict) => verdicts.includes(verdict)) ?? 'not-run';
}

/** How the machine was used and what bounds the run, a sentence each; of a run without an iteration there is none. */
export function usageTexts({ workers, utilisation, stages, ...usage }: RunUsage): readonly string[] {
  if (usage.longest === null) return [];
  const side = workers === 1 ? '1 worker' : `${workers} workers side by side`;
  const opened = `${stages.opened} ${stages.opened === 1 ? 'stage' : 'stages'} opened in ${durationText(stages.openingMs)}`;
  return [
    `${side}, ${percent(utilisation)} busy; ${opened}, at most ${stages.most} at once`,
    `bound by ${boundByText(usage)}`,
  ];
}

function boundByText({ boundBy: { what, share }, longest }: Pick<RunUsage, 'boundBy' | 'longest'>): string {
  if (what === 'opening-stages') return `opening stages: ${percent(share)} of the workers' time went into it`;
  if (what === 'running-alone') {
    return `iterations that run alone: ${percent(share)} of the workers' time was left empty for them`;
  }
  if (what === 'longest-iteration' && longest !== null) {
    const { scenario, index, durationMs } = longest;
    return `its end, when nothing was left to start: ${percent(share)} of the workers' time was left empty; the longest iteration was ${scenario} #${index} (${durationText(durationMs)})`;
  }
  if (what === 'one-iteration' && longest !== null) {
    return `the one iteration it ran, ${longest.scenario} #${longest.index} (${durationText(longest.durationMs)})`;
  }
  if (what === 'no-more-work') return 'the work itself: more workers would find nothing to do';
  return 'the work itself: more workers would shorten it, where the machine carries them';
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What was made wrong on purpose, known before the run begins; each is one sentence that begins with its keyword. */
export function tamperedRemarksOf({ disarmed, defects }: Pick<RunResult, 'disarmed' | 'defects'>): string[] {
  const remarks: string[] = [];
  if (disarmed) remarks.push('disarmed: every fault was switched off, so each scenario must come out inert');
  if (defects.length > 0) {
    remarks.push(
      `planted defect: ${defects.join(', ')}; the system was wrong on purpose, so no verdict here is about the correct one`,
    );
  }
  return remarks;
}

/** What limits how the result may be read; each is one sentence that begins with its keyword. */
export function remarksOf(
  result: Pick<RunResult, 'partial' | 'lacks' | 'disarmed' | 'defects' | 'baseline'>,
): string[] {
  const remarks = tamperedRemarksOf(result);
  if (result.partial) {
    remarks.push(
      `partial: fewer variants or iterations ran than the scenarios ask for before they may count as passed${lacksText(result.lacks ?? [])}`,
    );
  }
  if (!result.baseline) {
    remarks.push('no baseline: this machine was not measured without faults, so no time is compared with a clean one');
  }
  return remarks;
}

/** So many partial scenarios are told with what they lack, more of them by their IDs: it is one line. */
const lacksInFull = 3;

function lacksText(lacks: NonNullable<RunResult['lacks']>): string {
  if (lacks.length === 0) return '';
  const isShort = lacks.length <= lacksInFull;
  return `: ${lacks.map(({ scenario, what }) => (isShort ? `${scenario} (${what})` : scenario)).join(', ')}`;
}

/** The clean network in one line; `at` is when it is judged by. */
export function baselineText({ sync, handshake, ...of }: Baseline, at: string): string {
  const figures = (what: string, spread: Spread | null) =>
    spread === null ? `${what} not taken` : `${what} ${spread.medianMs} ms (p99 ${spread.p99Ms}, ${spread.runs} runs)`;
  const ageMs = Date.parse(at) - Date.parse(of.takenAt);
  const age = ageMs < 60_000 ? 'taken for this run' : `taken ${durationText(ageMs)} before`;
  const lag = of.timerLagMs === 0 ? '' : `, timers up to ${of.timerLagMs} ms late`;
  const measures = [figures('1 MiB synced in', sync), figures('handshake', handshake), 'relay memory not taken'];
  return `${measures.join(', ')}; ${of.host}, ${of.image} image, ${of.system.slice(0, 12)}, ${age}${lag}`;
}

/** What a person can do about a verdict that is not about the system; null where the findings say it all. */
export function whatToTry(verdict: RunVerdict): string | null {
  if (verdict === 'inert') {
    return 'the system held, but nothing shows that the fault bit: compare the proof with its figures, then run it again';
  }
  if (verdict === 'error') {
    return 'the tester or the machine failed, which says nothing about the system: `npm run chaos -- doctor`, then run it again';
  }
  if (verdict === 'not-run') {
    return 'if the reason names the arena or the image, try the other one (--arena docker | simulator, --image test)';
  }
  return null;
}
