/** Totals since the relay started, for its statistics. */
export class RelayCounts {
  accepts = 0;
  recordsIn = 0;
  recordsOut = 0;
  framesIn = 0;
  framesOut = 0;
  /** The part of the frames that is PRESENCE. */
  heartbeatsIn = 0;
  heartbeatsOut = 0;
  cleanupRuns = 0;
  expired = 0;
  deleted = 0;
  /** By error name, refusal or cause of an end before HELLO. */
  readonly rejects = new Map<string, number>();

  reject(reason: string): void {
    this.rejects.set(reason, (this.rejects.get(reason) ?? 0) + 1);
  }
}
