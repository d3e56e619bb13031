import type { NodeEvent } from '../../contract/control.ts';
import type { Timer } from '../../support/clock.ts';
import { messageOf } from '../../support/errors.ts';
import type { Injected } from '../faults/fault.ts';
import type { BoundFault } from '../scenario/scenario.ts';
import type { NodeName } from '../topology/topology.ts';
import type { TrialContext } from './trial-context.ts';

/** Checks whose evidence a failed heal spoils: settling, convergence and delivery. */
const touchedByHeal = ['converges', 'no-data-loss', 'outstanding-kept', 'health'];

/**
 * The faults of one trial, from injection to heal. Each heals at the end of the load, earlier when its own end comes,
 * and the last one injected heals first.
 */
export class FaultsOfTrial {
  readonly #context: TrialContext;
  readonly #active: ActiveFault[] = [];

  constructor(context: TrialContext) {
    this.#context = context;
  }

  /** Injects in order; disarmed, it only writes down what would have been injected. */
  async inject(faults: readonly BoundFault[]): Promise<void> {
    const { topology, history, prng, armed } = this.#context;
    await recordHandshakeFailures(this.#context);
    for (const [index, bound] of faults.entries()) {
      const parameters = bound.parameters;
      if (!armed) {
        history.append({ kind: 'injected', fault: index, name: bound.kind, parameters, disarmed: true });
        continue;
      }
      const injected = await bound.fault.inject(topology, parameters, prng.fork(`fault/${index}`));
      history.append({
        kind: 'injected',
        fault: index,
        name: bound.kind,
        parameters: injected.drawn === undefined ? parameters : { ...(parameters as object), drawn: injected.drawn },
        disarmed: false,
      });
      this.#active.push(new ActiveFault(this.#context, index, bound, injected));
    }
  }

  /** Heals what is still on; a heal that fails is recorded and does not keep the others from healing. */
  async heal(): Promise<void> {
    for (const active of this.#active.toReversed()) await active.heal();
    await recordHandshakeFailures(this.#context);
  }
}

/** Each node's counter of failed handshakes: read before the first fault and after the last heal. */
async function recordHandshakeFailures({ topology, history }: TrialContext): Promise<void> {
  for (const node of topology.nodes) {
    const answered = await topology.node(node).request('stats', {});
    if (answered.outcome !== 'ok') continue; // Without this witness the check that needs it answers unknown.
    const total = Object.values(answered.value.handshakesFailed).reduce((sum, count) => sum + count, 0);
    history.append({ kind: 'witness', name: 'handshake-failures', value: { node, total } });
  }
}

class ActiveFault {
  readonly #context: TrialContext;
  readonly #index: number;
  readonly #injected: Injected;
  readonly #timer: Timer | null;
  readonly #stopListening: () => void;
  #healing: Promise<void> | null = null;

  constructor(context: TrialContext, index: number, bound: BoundFault, injected: Injected) {
    this.#context = context;
    this.#index = index;
    this.#injected = injected;
    this.#timer = bound.atMostMs === null ? null : context.clock.setTimer(bound.atMostMs, () => void this.heal());
    const links = bound.fault.linksOf(bound.parameters);
    const listener = (node: NodeName, event: NodeEvent) => {
      if (event.event === 'handshake-failed' && links.includes(node)) void this.heal();
    };
    if (bound.until === 'first-failure') context.facts.listeners.add(listener);
    this.#stopListening = () => context.facts.listeners.delete(listener);
  }

  /** Every caller waits for the one heal. */
  heal(): Promise<void> {
    this.#healing ??= this.#healOnce();
    return this.#healing;
  }

  async #healOnce(): Promise<void> {
    const { history } = this.#context;
    this.#timer?.cancel();
    this.#stopListening();
    try {
      const witnesses = (await this.#injected.witness?.()) ?? {};
      for (const [name, value] of Object.entries(witnesses)) {
        history.append({ kind: 'witness', name, fault: this.#index, value });
      }
    } catch (error) {
      history.append({
        kind: 'world',
        what: `reading the witness of fault ${this.#index}: ${messageOf(error)}`,
        touches: [],
      });
    }
    try {
      await this.#injected.heal();
      history.append({ kind: 'healed', fault: this.#index });
    } catch (error) {
      history.append({ kind: 'healed', fault: this.#index, error: messageOf(error) });
      history.append({
        kind: 'world',
        what: `healing fault ${this.#index}: ${messageOf(error)}`,
        touches: touchedByHeal,
      });
    }
  }
}
