import type { NodeEvent } from '../../contract/control.ts';
import type { Timer } from '../../support/clock.ts';
import { messageOf } from '../../support/errors.ts';
import type { Injected, Tell } from '../faults/fault.ts';
import type { BoundFault, BoundTrigger } from '../scenario/scenario.ts';
import type { NodeName } from '../topology/topology.ts';
import type { Saw } from '../triggers/trigger.ts';
import type { TrialContext } from './trial-context.ts';
import { watchedBy } from './watched-by.ts';

/** Checks whose evidence a failed heal spoils: settling, convergence and delivery. */
const touchedByHeal = ['converges', 'no-data-loss', 'outstanding-kept', 'health'];

/**
 * The faults of one trial, from injection to heal. A fault is on from the start or from its trigger; it heals after its
 * time, at its own end, on the load's word, or when the load is over. The last one injected heals first.
 */
export class FaultsOfTrial {
  readonly #context: TrialContext;
  readonly #active: ActiveFault[] = [];
  readonly #awaited: AwaitedFault[] = [];
  #isOver = false;

  constructor(context: TrialContext) {
    this.#context = context;
  }

  /**
   * Injects what has no trigger, in order, and watches for the triggers of the rest. Disarmed, it only writes down what
   * would have been injected, at the same moments.
   */
  async inject(faults: readonly BoundFault[]): Promise<void> {
    await recordFailureCounts(this.#context);
    for (const [index, bound] of faults.entries()) {
      if (bound.when === null) await this.#injectOne(index, bound);
      else this.#awaited.push(await awaitTrigger(this.#context, index, bound.when, () => this.#strike(index, bound)));
    }
  }

  /** Waits until every trigger came or was given up, and until the faults that last a time of their own are over. */
  async untilOver(): Promise<void> {
    await Promise.all(this.#awaited.map((awaited) => awaited.over));
    await Promise.all(this.#active.map((active) => active.ownEnd));
  }

  /** Heals the fault of this place in the variant's list now; false when it was not injected. */
  async healOne(index: number): Promise<boolean> {
    const active = this.#active.find((one) => one.index === index);
    await active?.heal();
    return active !== undefined;
  }

  /** Heals what is still on; a heal that fails is recorded and does not keep the others from healing. */
  async heal(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#awaited.map((awaited) => awaited.giveUp()));
    for (const active of this.#active.toReversed()) await active.heal();
    await recordFailureCounts(this.#context);
  }

  async #strike(index: number, bound: BoundFault): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#injectOne(index, bound);
    } catch (error) {
      const what = `injecting fault ${index}, ${bound.kind}: ${messageOf(error)}`;
      this.#context.history.append({ kind: 'world', what, touches: ['*'] });
    }
  }

  async #injectOne(index: number, { kind, fault, parameters, ...bound }: BoundFault): Promise<void> {
    const { topology, history, prng, armed, iteration, facts } = this.#context;
    const tell = (fact: Parameters<Tell>[0]) => {
      // What a process announced before its end says nothing of the next one.
      if (fact.kind === 'process' && fact.event !== 'started') facts.states.delete(fact.target);
      history.append(fact.kind === 'witness' ? { ...fact, fault: index } : fact);
    };
    const injected = armed
      ? await fault.inject(topology, parameters, prng.fork(`fault/${index}`), tell, iteration)
      : { heal: async () => {} };
    history.append({
      kind: 'injected',
      fault: index,
      name: kind,
      parameters: injected.drawn === undefined ? parameters : { ...(parameters as object), drawn: injected.drawn },
      disarmed: !armed,
    });
    this.#active.push(new ActiveFault(this.#context, index, { kind, fault, parameters, ...bound }, injected));
  }
}

/** A fault whose trigger has not come yet. */
interface AwaitedFault {
  /** Resolves when the fault was injected, or its trigger given up. */
  readonly over: Promise<void>;
  /** Ends the wait; nothing is injected any more. */
  readonly giveUp: () => Promise<void>;
}

async function awaitTrigger(
  context: TrialContext,
  index: number,
  when: BoundTrigger,
  strike: () => Promise<void>,
): Promise<AwaitedFault> {
  const { clock, history, prng } = context;
  const { promise: ended, resolve: end } = Promise.withResolvers<{ readonly saw: Saw } | 'given up'>();
  const release = await when.trigger.arm(
    watchedBy(context, prng.fork(`trigger/${index}`)),
    when.parameters,
    (saw = {}) => end({ saw }),
  );
  const timer = clock.setTimer(when.withinMs, () => end('given up'));
  const over = ended.then(async (how) => {
    timer.cancel();
    if (how !== 'given up') {
      const value = { trigger: when.name, ...how.saw };
      history.append({ kind: 'witness', name: 'triggered', fault: index, value });
      await strike();
    } else {
      const waitedFor = `the trigger ${when.name} of fault ${index}`;
      const lastSeen = `not before the load was over or ${when.withinMs} ms`;
      history.append({ kind: 'gave-up', waitedFor, lastSeen, ofFault: true });
    }
    await release();
  });
  return {
    over,
    giveUp() {
      end('given up');
      return over;
    },
  };
}

/** Each node's counters of failures: read before the first fault and after the last heal. */
async function recordFailureCounts({ topology, history }: TrialContext): Promise<void> {
  for (const node of topology.nodes) {
    const answered = await topology.node(node).request('stats', {});
    if (answered.outcome !== 'ok') continue; // Without this witness the check that needs it answers unknown.
    const { handshakesFailed, frameErrors, authFailures } = answered.value;
    history.append({ kind: 'witness', name: 'handshake-failures', value: { node, total: sumOf(handshakesFailed) } });
    const value = { node, frameErrors, authFailures: sumOf(authFailures) };
    history.append({ kind: 'witness', name: 'wire-errors', value });
  }
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

class ActiveFault {
  readonly #context: TrialContext;
  readonly index: number;
  readonly #injected: Injected;
  readonly #timer: Timer | null;
  readonly #stopListening: () => void;
  /** Resolves when a fault that lasts a time of its own is healed; at once for the others. */
  readonly ownEnd: Promise<void>;
  #healing: Promise<void> | null = null;

  constructor(context: TrialContext, index: number, bound: BoundFault, injected: Injected) {
    this.#context = context;
    this.index = index;
    this.#injected = injected;
    const { promise: ownEnd, resolve: ended } = Promise.withResolvers<void>();
    const endsAfterMs = bound.forMs ?? bound.atMostMs;
    const end = () => void this.heal().then(ended);
    this.#timer = endsAfterMs === null ? null : context.clock.setTimer(endsAfterMs, end);
    this.ownEnd = bound.forMs === null ? Promise.resolve() : ownEnd;
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
        history.append({ kind: 'witness', name, fault: this.index, value });
      }
    } catch (error) {
      history.append({
        kind: 'world',
        what: `reading the witness of fault ${this.index}: ${messageOf(error)}`,
        touches: [],
      });
    }
    try {
      await this.#injected.heal();
      history.append({ kind: 'healed', fault: this.index });
    } catch (error) {
      history.append({ kind: 'healed', fault: this.index, error: messageOf(error) });
      history.append({
        kind: 'world',
        what: `healing fault ${this.index}: ${messageOf(error)}`,
        touches: touchedByHeal,
      });
    }
  }
}
