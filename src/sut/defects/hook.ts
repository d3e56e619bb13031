import type { Hook as ArmHook } from '../node/control.ts';
import type { NodeChange } from '../node/parts.ts';
import type { RelayChange } from '../relay/parts.ts';

/** Something only a tester asks of the system: to look inside, or to be disturbed from inside. Not an error of it. */
export interface Hook {
  readonly name: string;
  /** What it shows or does, and whether it must be armed. */
  readonly about: string;
  /** Makes the hook of one relay process; a restart begins unarmed. */
  readonly relay?: () => RelayHook;
  readonly node?: NodeChange;
}

export interface RelayHook {
  readonly change: RelayChange;
  /** Throws ScenarioError for parameters it does not know. Absent: the hook is on from the start. */
  readonly arm?: ArmHook;
  /** Absent: the hook exports none. */
  readonly handshakeSecrets?: () => readonly HandshakeSecrets[];
}

/** The responder's private half of one handshake, finished or not: X25519 secret, ML-KEM seed, coins. */
export interface HandshakeSecrets {
  /** The relay's wall clock when it drew them. */
  readonly atMs: number;
  /** Base64. */
  readonly secrets: readonly string[];
}
