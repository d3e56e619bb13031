/** What the relay said of itself at one moment of a trial: the value of a witness named `relay`. */
export interface RelaySample {
  readonly uptimeMs: number;
  /** By node: its sessions, of which there should be one at most. */
  readonly sessions: Readonly<Record<string, readonly SessionSample[]>>;
  /** Of all devices. */
  readonly sessionCount: number;
  readonly pendingHandshakes: number;
  readonly accepts: number;
  /** Records of sessions, closed ones included. */
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** Of the trial's group. */
  readonly headCursor: number;
  readonly blobs: number;
  readonly openDescriptors: number;
  readonly residentBytes: number;
  readonly cleanupRuns: number;
}

export interface SessionSample {
  readonly session: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly pushesIn: number;
}
