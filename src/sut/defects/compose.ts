import type { Hook as ArmHook } from '../node/control.ts';
import type { NodeChange } from '../node/parts.ts';
import type { RelayChange } from '../relay/parts.ts';
import type { HandshakeSecrets } from './hook.ts';
import { known } from './known.ts';
import { defects, hooks } from './registry.ts';

/** Which defects and hooks the two programs of a stage have. Both are told the same and take what is theirs. */
export interface TestSetup {
  readonly defects: readonly string[];
  readonly hooks: readonly string[];
}

/** What one relay process adds to the correct relay. */
export interface RelayAdditions {
  readonly changes: readonly RelayChange[];
  /** Throws ScenarioError for a hook that is not here or takes no arming, and for parameters it does not know. */
  arm(name: string, parameters: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Of every handshake since the process started; none without a hook that exports them. */
  handshakeSecrets(): readonly HandshakeSecrets[];
}

/** What one node process adds to the correct node. Its hooks are on from the start: there is none to arm. */
export interface NodeAdditions {
  readonly changes: readonly NodeChange[];
  readonly hooks: Readonly<Record<string, ArmHook>>;
}

/** Made anew for each process, since hooks remember what they were armed with. Throws ScenarioError for unknown names. */
export function relayAdditions(setup: TestSetup): RelayAdditions {
  const chosen = chosenOf(setup);
  const made = chosen.hooks.flatMap(({ name, relay }) => (relay === undefined ? [] : [{ name, ...relay() }]));
  const armable = Object.fromEntries(made.flatMap(({ name, arm }) => (arm === undefined ? [] : [[name, arm]])));
  return {
    // Hooks come last, so that they see what the defects do.
    changes: [...chosen.defects.flatMap(({ relay }) => relay ?? []), ...made.map(({ change }) => change)],
    arm: (name, parameters) => known('hook of the relay', armable, name)(parameters),
    handshakeSecrets: () => made.flatMap(({ handshakeSecrets }) => handshakeSecrets?.() ?? []),
  };
}

/** The same for a node. */
export function nodeAdditions(setup: TestSetup): NodeAdditions {
  const chosen = chosenOf(setup);
  return { changes: [...chosen.defects, ...chosen.hooks].flatMap(({ node }) => node ?? []), hooks: {} };
}

function chosenOf(setup: TestSetup) {
  return {
    defects: [...new Set(setup.defects)].map((name) => known('--defect', defects, name)),
    hooks: [...new Set(setup.hooks)].map((name) => known('--hooks', hooks, name)),
  };
}
