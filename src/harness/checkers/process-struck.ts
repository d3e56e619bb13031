import { z } from 'zod';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { armedWindows, type FaultWindow } from './windows.ts';
import { type WitnessValue, witnessesOf } from './witnesses.ts';

type State = WitnessValue<'process'>;

/** By kind of fault: what the arena must have seen of its process, and of the heal. */
const struck: Readonly<Record<string, (states: readonly State[]) => string | null>> = {
  kill: (states) => endedAndStarted(states, 137),
  'power-cut': (states) => endedAndStarted(states, 137),
  stop: (states) => endedAndStarted(states, 0),
  pause: pausedThroughout,
};

/**
 * By the word of the arena (the engine, in containers), every process that a fault struck was struck: it ended with the
 * exit code of SIGKILL (137) or of an end in order (0) and was started anew, or stood still up to its heal. What was
 * to strike at a step of a database struck at one of that name, while the process stood there.
 */
export const processStruck: Checker<Record<string, never>> = {
  name: 'process-struck',
  role: 'proof',
  proves: Object.keys(struck),
  about:
    'The engine saw every process that a fault struck end with the right exit code and start anew, or stand still.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record).filter(({ name }) => name in struck);
    if (windows.length === 0) clauses.broken('no process was struck');
    const witnesses = witnessesOf(record, 'process');
    for (const window of windows) {
      const states = witnesses.filter(({ entry }) => entry.fault === window.fault).map(({ value }) => value);
      const missing = struck[window.name]!(states) ?? missedStep(record, window);
      if (missing === null) clauses.holds(`${titleOf(window)} as ordered`);
      else clauses.broken(`${titleOf(window)}: ${missing}`);
    }
    return clauses.finding();
  },
};

function endedAndStarted(states: readonly State[], exitCode: number): string | null {
  const [first, last] = [states[0], states.at(-1)];
  if (first?.status !== 'ended') return 'it was not seen to end';
  if (first.exitCode !== exitCode) return `expected exit code ${exitCode}, got ${first.exitCode}`;
  if (last === first || last?.status !== 'running') return 'it was not seen to start again';
  return last.startedAtMs > first.startedAtMs ? null : 'its start time did not change';
}

function pausedThroughout(states: readonly State[]): string | null {
  if (states.length < 2) return 'it was not seen at both ends of the fault';
  if (states.some(({ status }) => status !== 'paused')) return 'it was not seen to stand still';
  return states[0]!.startedAtMs === states.at(-1)!.startedAtMs ? null : 'it was another process at the end';
}

function missedStep(record: TrialRecord, { fault }: FaultWindow): string | null {
  const triggered = witnessesOf(record, 'triggered').find(({ entry }) => entry.fault === fault)?.value;
  if (triggered?.trigger !== 'at-step') return null;
  const { asked, step, status } = triggered;
  if (step === undefined) return 'no step was told at which it struck';
  if (status !== 'paused') return `no process stood still at the step ${step}`;
  return (asked?.includes(step) ?? true) ? null : `it struck at the step ${step}, not ${asked?.join(' or ')}`;
}

function titleOf({ name, parameters }: FaultWindow): string {
  return `${name} of ${(parameters as { target: string }).target}`;
}
