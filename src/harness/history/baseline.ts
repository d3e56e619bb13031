/** What a clean network takes on this machine; the degradation thresholds are multiples of it. */
export interface Baseline {
  readonly arena: 'docker' | 'simulator';
  readonly host: string;
  /** SHA-256 of the system and its images, in the simulator of the sources. */
  readonly system: string;
  readonly image: 'test' | 'release';
  /** ISO 8601. */
  readonly takenAt: string;
  /** X: from the push of a mebibyte, in `syncedItems` items at once, until another node has all of it. Null: the system does not announce what it receives. */
  readonly sync: Spread | null;
  /** Y: from the first byte of m1 to the last of m4 at the node's own interface. Null: another kind of handshake. */
  readonly handshake: Spread | null;
  /** Z: of the relay, after a thousand cycles of sync. Null: not taken. */
  readonly relayMemory: null;
  /** How late the tester's timers were meanwhile, at most. */
  readonly timerLagMs: number;
}

export interface Spread {
  readonly runs: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** The mebibyte of X. */
export const syncedItems = 16;
export const syncedItemBytes = 65_536;
export const syncedBytes = syncedItems * syncedItemBytes;
