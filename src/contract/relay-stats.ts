/** What a relay reports on its control-only address (`GET /admin/stats`). Nothing of it is ever logged. */
import { z } from 'zod';

const count = z.number().int().nonnegative();

export const relayStats = z.object({
  uptimeMs: count,
  sessions: z.array(
    z.object({
      /** The opaque token that the relay's log uses for the session. */
      session: z.string(),
      device: z.string(),
      recordsIn: count,
      recordsOut: count,
      framesIn: count,
      framesOut: count,
      /** PUSH messages read from this session so far, acknowledged or not. */
      pushesIn: count,
      openForMs: count,
    }),
  ),
  pendingHandshakes: count,
  accepts: count,
  rejects: z.record(z.string(), count),
  recordsIn: count,
  recordsOut: count,
  framesIn: count,
  framesOut: count,
  /** The part of framesIn and framesOut that is PRESENCE; the rest is work. */
  heartbeatsIn: count,
  heartbeatsOut: count,
  groups: z.array(z.object({ group: z.string(), headCursor: count, blobs: count, bytes: count })),
  openDescriptors: count,
  residentBytes: count,
  cleanupRuns: count,
  expired: count,
  deleted: count,
});
export type RelayStats = z.infer<typeof relayStats>;
