/** Time is handed in everywhere, so that the simulator owns it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  wallMs(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs`; cancelling twice or after firing does nothing. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Resolves after `delayMs` of this clock. For pacing a load; to wait for a condition use `until`. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
}
