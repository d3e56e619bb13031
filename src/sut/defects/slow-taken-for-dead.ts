import { HealthRule } from '../core/health-rule.ts';
import type { Defect } from './defect.ts';

const timeoutMsMin = 300;
const timeoutRoundTrips = 4;
const newSampleWeight = 1 / 8;

/** The time-out of requests from the smoothed round trip. What timed out never counts, so it never learns. */
class Estimate {
  #smoothedMs: number | null = null;

  get timeoutMs(): number {
    return Math.max(timeoutMsMin, timeoutRoundTrips * (this.#smoothedMs ?? 0));
  }

  answered(roundTripMs: number): void {
    const before = this.#smoothedMs ?? roundTripMs;
    this.#smoothedMs = before + (roundTripMs - before) * newSampleWeight;
  }
}

export const slowTakenForDead: Defect = {
  name: 'slow-taken-for-dead',
  about:
    'The node gives up a connection whose heartbeat takes four times as long as usual and makes a new one, which is as slow: a link that only became slower is never used again.',
  node: (parts) => {
    const estimate = new Estimate();
    class Estimating extends HealthRule {
      override answered(roundTripMs: number): boolean {
        estimate.answered(roundTripMs);
        return super.answered(roundTripMs);
      }
    }
    return {
      ...parts,
      config: {
        ...parts.config,
        get requestTimeoutMs() {
          return estimate.timeoutMs;
        },
      },
      newHealthRule: () => new Estimating(),
    };
  },
};
