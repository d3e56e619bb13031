import type { NodeChange } from '../node/parts.ts';
import type { RelayChange } from '../relay/parts.ts';

/** One deliberate error in the system, made by exchanging parts; one of the two programs has it, or both. */
export interface Defect {
  readonly name: string;
  /** What it does wrong, and what a user would lose. */
  readonly about: string;
  readonly relay?: RelayChange;
  readonly node?: NodeChange;
}
