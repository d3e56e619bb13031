/** What a fault that only slows a link leaves physically possible. */
import type { Direction } from '../../contract/tap.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import { armedWindows, type FaultWindow } from './windows.ts';

/** The bound under such a fault: so many times the physical minimum. */
export const minimumTimes = 3;

/** A link at its slowest. */
export interface SlowPath {
  readonly roundTripMs: number;
  /** How long so many bytes take at the rate of the direction; 0 where nothing limits it. */
  transferMs(direction: Direction, bytes: number): number;
}

interface Slowness {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

type Parameters = Readonly<Record<string, unknown>>;

/** The faults whose slowest is known from their parameters. For no other is there a physical minimum. */
const slownessOf: Readonly<Record<string, (parameters: Parameters) => Slowness>> = {
  latency: ({ delay, jitter }) => ({ delayMs: Number(delay) + Number(jitter), bytesPerSecond: Infinity }),
  // Of a normal distribution, which has no slowest: three times the jitter.
  scatter: ({ delay, jitter }) => ({ delayMs: Number(delay) + 3 * Number(jitter), bytesPerSecond: Infinity }),
  'wandering-latency': ({ max }) => ({ delayMs: Number(max), bytesPerSecond: Infinity }),
  bandwidth: ({ rate }) => ({ delayMs: 0, bytesPerSecond: Number(rate) }),
  'bandwidth-steps': ({ rates }) => ({ delayMs: 0, bytesPerSecond: Math.min(...(rates as number[])) }),
};

/** The fault delays or limits, and does nothing else to what passes. */
export function onlySlows({ name }: FaultWindow): boolean {
  return Object.hasOwn(slownessOf, name);
}

/** The link between two moments: what was sent before a delay was healed still comes late. */
export function slowPath(record: TrialRecord, link: string, fromMs: number, toMs: number): SlowPath {
  const slow = (direction: Direction): readonly Slowness[] =>
    armedWindows(record).flatMap((window) => {
      const parameters = window.parameters as Parameters;
      if (!onlySlows(window) || !window.links.includes(link)) return [];
      if (![parameters.direction].flat().includes(direction)) return [];
      const slowness = slownessOf[window.name]!(parameters);
      return window.fromMs <= toMs && window.toMs + slowness.delayMs >= fromMs ? [slowness] : [];
    });
  const delayMs = (direction: Direction) => slow(direction).reduce((sum, one) => sum + one.delayMs, 0);
  return {
    roundTripMs: delayMs('up') + delayMs('down'),
    transferMs: (direction, bytes) =>
      (bytes * 1000) / Math.min(...slow(direction).map((one) => one.bytesPerSecond), Infinity),
  };
}
