import type { Hook as ArmHook } from '../node/control.ts';
import type { RelayChange } from '../relay/parts.ts';
import type { HandshakeSecrets, RelayHook } from './hook.ts';
import { known } from './known.ts';
import { hooks } from './registry.ts';

/**
 * The hooks of one relay process: made anew for each, since they remember what they were armed with. One arena arms
 * the object itself, the other asks the relay's pages to.
 */
export class RelayHooks {
  readonly changes: readonly RelayChange[];
  readonly #made: readonly RelayHook[];
  readonly #armable: Readonly<Record<string, ArmHook>>;

  /** Throws ScenarioError for a name that is none. A hook of nodes alone is none here. */
  constructor(names: readonly string[]) {
    const chosen = [...new Set(names)].map((name) => known('--hooks', hooks, name));
    const made = chosen.flatMap(({ name, relay }) => (relay === undefined ? [] : [{ name, ...relay() }]));
    this.changes = made.map(({ change }) => change);
    this.#made = made;
    this.#armable = Object.fromEntries(made.flatMap(({ name, arm }) => (arm === undefined ? [] : [[name, arm]])));
  }

  /** Throws ScenarioError for a hook that is not here or takes no arming, and for parameters it does not know. */
  arm(name: string, parameters: Readonly<Record<string, unknown>>): ReturnType<ArmHook> {
    return known('hook of the relay', this.#armable, name)(parameters);
  }

  /** Of every handshake since the process started; none without a hook that exports them. */
  handshakeSecrets(): readonly HandshakeSecrets[] {
    return this.#made.flatMap(({ handshakeSecrets }) => handshakeSecrets?.() ?? []);
  }
}
