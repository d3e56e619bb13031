import type { NodeState } from '../../contract/control.ts';
import { until, WaitError } from '../../support/until.ts';
import { sha256 } from '../evidence/digest.ts';
import type { Answered, NodeName } from '../topology/topology.ts';
import type { Load, PushOptions } from '../workload/step.ts';
import type { FaultsOfTrial } from './faults-of-trial.ts';
import type { TrialContext } from './trial-context.ts';
import { untilAnnounced } from './until-announced.ts';
import { itemsOf, observeStatus } from './watch.ts';
import { watchedBy } from './watched-by.ts';

const connectTimeoutMs = 30_000;
const askStatusEveryMs = 20;
/** Beyond a push's own deadline: after that no answer will come, and the outcome is unknown. */
const answerGraceMs = 5_000;

/** Runs operations for the steps of one trial and writes each into the history. */
export class LoadOfTrial {
  readonly #context: TrialContext;
  readonly #faults: FaultsOfTrial;
  #operations = 0;
  #bodies = 0;

  constructor(context: TrialContext, faults: FaultsOfTrial) {
    this.#context = context;
    this.#faults = faults;
  }

  /** The view of one step: its operations are recorded under `part`. */
  forPart(part: string): Load {
    const { topology, clock, prng, history, armed, facts } = this.#context;
    const own = prng.fork(part);
    return {
      topology,
      clock,
      prng: own,
      history,
      part,
      armed,
      group: facts.group,
      devices: facts.devices,
      watched: watchedBy(this.#context, own.fork('trigger')),
      push: (node, options) => this.#push(part, node, options),
      pull: (node) => this.#recorded(part, node, 'pull', () => topology.node(node).request('pull', {})),
      ping: (node) => this.#recorded(part, node, 'ping', () => topology.node(node).request('ping', {})),
      delete: (node, item) => this.delete(part, node, item),
      connect: (node) => this.#connect(part, node),
      disconnect: (node) => this.#disconnect(part, node),
      connected: (node, timeoutMs) => this.#connected(node, timeoutMs),
      acknowledged: (node, items, timeoutMs) => this.#acknowledged(node, items, timeoutMs),
      delivered: (timeoutMs) => this.#delivered(timeoutMs),
      heal: (fault) => this.#faults.healOne(fault),
      gaveUp: (waitedFor, lastSeen) => {
        history.append({ kind: 'gave-up', waitedFor, lastSeen, ofFault: true });
      },
    };
  }

  async delete(part: string, node: NodeName, item: string): Promise<Answered<'delete'>> {
    const { topology, history } = this.#context;
    const operation = this.#operations++;
    history.append({ kind: 'invoked', operation, node, op: 'delete', part, item });
    const answered = await topology.node(node).request('delete', { item });
    const tombstone = answered.outcome === 'ok' ? { item: answered.value.tombstone } : {};
    history.append({ kind: 'answered', operation, ...outcomeOf(answered), ...tombstone });
    return answered;
  }

  async #recorded<Op extends 'pull' | 'ping'>(part: string, node: NodeName, op: Op, ask: () => Promise<Answered<Op>>) {
    const { history } = this.#context;
    const operation = this.#operations++;
    history.append({ kind: 'invoked', operation, node, op, part });
    const answered = await ask();
    history.append({ kind: 'answered', operation, ...outcomeOf(answered) });
    return answered;
  }

  async #push(part: string, node: NodeName, options: PushOptions): Promise<Answered<'push'>> {
    const { topology, history, canaries, facts } = this.#context;
    const operation = this.#operations++;
    const body = canaries.body(node, this.#bodies++, options.bytes);
    const round = options.round === undefined ? {} : { round: options.round };
    history.append({
      kind: 'invoked',
      operation,
      node,
      op: 'push',
      part,
      digest: sha256(body),
      bytes: body.length,
      ...round,
    });
    const answered = await topology.node(node).request(
      'push',
      {
        body: Buffer.from(body).toString('base64'),
        until: options.until ?? 'local',
        ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
      },
      (options.deadlineMs ?? 0) + answerGraceMs,
    );
    if (answered.outcome !== 'ok') {
      history.append({ kind: 'answered', operation, ...outcomeOf(answered) });
      return answered;
    }
    const { item, level, cursor, sequence, retryable } = answered.value;
    if (level === 'relay') itemsOf(facts.acknowledged, node).add(item);
    history.append({
      kind: 'answered',
      operation,
      outcome: 'ok',
      level,
      item,
      cursor,
      sequence,
      ...(retryable === undefined ? {} : { retryable }),
    });
    if (retryable) await this.#recordOutbox(node, item);
    return answered;
  }

  /** A push that ended with a retryable error must still be in the node's outbox. */
  async #recordOutbox(node: NodeName, item: string): Promise<void> {
    const { topology, history } = this.#context;
    const outbox = await topology.node(node).request('outbox', {});
    if (outbox.outcome !== 'ok') return; // Without this witness the check that needs it answers unknown.
    const present = outbox.value.entries.some((entry) => entry.item === item);
    const value = { node, item, present: present || itemsOf(this.#context.facts.acknowledged, node).has(item) };
    history.append({ kind: 'witness', name: 'outbox-after-retryable', value });
  }

  async #connect(part: string, node: NodeName): Promise<void> {
    const { topology, history } = this.#context;
    const operation = this.#operations++;
    history.append({ kind: 'invoked', operation, node, op: 'connect', part });
    const answered = await topology.node(node).request('connect', {});
    history.append({ kind: 'answered', operation, ...outcomeOf(answered) });
    await this.#connected(node, connectTimeoutMs);
  }

  async #connected(node: NodeName, timeoutMs: number): Promise<boolean> {
    const { clock, facts } = this.#context;
    const what = `${node} to be connected`;
    const isConnected = (state?: NodeState) => state === 'connected' || state === 'degraded';
    const seen = () => facts.states.get(node);
    if (seen() !== undefined) {
      return this.#orGiveUp(() =>
        untilAnnounced(this.#context, { what, holds: () => isConnected(seen()), seen, timeoutMs }),
      );
    }
    // A node that announced nothing when it was told to connect will not announce its success either: it is asked.
    const probe = async () => (await observeStatus(this.#context, node))?.state;
    return this.#orGiveUp(() =>
      until(clock, { what, probe, holds: isConnected, everyMs: askStatusEveryMs, timeoutMs }),
    );
  }

  async #disconnect(part: string, node: NodeName): Promise<void> {
    const { topology, history } = this.#context;
    const operation = this.#operations++;
    history.append({ kind: 'invoked', operation, node, op: 'disconnect', part });
    const answered = await topology.node(node).request('disconnect', {});
    history.append({ kind: 'answered', operation, ...outcomeOf(answered) });
  }

  #acknowledged(node: NodeName, items: readonly string[], timeoutMs: number): Promise<boolean> {
    const known = itemsOf(this.#context.facts.acknowledged, node);
    const isOpen = openAmong(items, known);
    return this.#orGiveUp(() =>
      untilAnnounced(this.#context, {
        what: `the acknowledgement of ${items.length} items of ${node}`,
        holds: () => !isOpen(),
        seen: () => `${items.filter((item) => !known.has(item)).length} open`,
        // What will never be told is not waited for.
        timeoutMs: this.#context.topology.can.includes('ack-relay') ? timeoutMs : 0,
      }),
    );
  }

  #delivered(timeoutMs: number): Promise<boolean> {
    const { topology, history, facts } = this.#context;
    const pushes = new Map(
      history.of('invoked').flatMap(({ operation, op, node }) => (op === 'push' ? [[operation, node] as const] : [])),
    );
    const items = history.of('answered').flatMap(({ operation, item }) => {
      const author = pushes.get(operation);
      return author === undefined || item === undefined ? [] : [{ author, item }];
    });
    const awaited = topology.nodes.map((node) => ({
      others: items.flatMap(({ author, item }) => (author === node ? [] : [item])),
      received: itemsOf(facts.received, node),
    }));
    const areOpen = awaited.map(({ others, received }) => openAmong(others, received));
    const open = () =>
      awaited.reduce((sum, { others, received }) => sum + others.filter((item) => !received.has(item)).length, 0);
    return this.#orGiveUp(() =>
      untilAnnounced(this.#context, {
        what: `every node to receive ${items.length} items`,
        holds: () => !areOpen.some((isOpen) => isOpen()),
        seen: () => `${open()} open`,
        timeoutMs,
      }),
    );
  }

  /** False, and written down, when the time runs out: a fault may keep it from coming. */
  async #orGiveUp(wait: () => Promise<unknown>): Promise<boolean> {
    try {
      await wait();
      return true;
    } catch (error) {
      if (!(error instanceof WaitError)) throw error;
      this.#context.history.append({ kind: 'gave-up', waitedFor: error.message, lastSeen: error.lastSeen });
      return false;
    }
  }
}

/**
 * Whether one of the items is not among the known ones, which only become more. Asked at every announcement, so it goes
 * on where it last found one missing.
 */
function openAmong(items: readonly string[], known: ReadonlySet<string>): () => boolean {
  let next = 0;
  return () => {
    while (next < items.length && known.has(items[next]!)) next += 1;
    return next < items.length;
  };
}

function outcomeOf(answered: { outcome: string; code?: string; message?: string }) {
  return answered.outcome === 'ok'
    ? { outcome: 'ok' as const }
    : {
        outcome: answered.outcome as 'failed' | 'unknown' | 'unsupported',
        code: answered.code ?? 'none',
        message: answered.message ?? '',
      };
}
