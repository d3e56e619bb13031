import type { NodeParts } from './parts.ts';
import type { Sealer } from './sealer.ts';
import type { Session } from './session.ts';
import type { NodeStats } from './stats.ts';

/** What the workers of one group share. */
export interface SyncContext {
  readonly parts: NodeParts;
  readonly sealer: Sealer;
  readonly stats: NodeStats;
  /** The session that stands now, or null. */
  readonly session: () => Session | null;
  /** Hears of what a worker could not deal with; RelayRefusal and SessionEnded among it are harmless. */
  readonly failed: (error: unknown) => void;
}
