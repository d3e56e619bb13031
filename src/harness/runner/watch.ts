import type { AnswerValue, NodeEvent } from '../../contract/control.ts';
import { pause } from '../../support/clock.ts';
import type { NodeName } from '../topology/topology.ts';
import type { TrialContext } from './trial-context.ts';

/** How long after a failed handshake the relay's pending count is followed. */
const pendingWatchMs = 1_500;

/** Follows the announcements of every node into the history; secrets become canaries instead. Returns its end. */
export function watchNodes(context: TrialContext): () => Promise<void> {
  const { topology, facts } = context;
  const background: Promise<void>[] = [];
  const ends = topology.nodes.map((node) =>
    topology.node(node).onEvent((event) => {
      record(context, node, event);
      if (event.event === 'handshake-failed') background.push(followPending(context, node));
      for (const listener of facts.listeners) listener(node, event);
    }),
  );
  return async () => {
    for (const end of ends) end();
    await Promise.all(background);
  };
}

function record({ history, canaries, facts }: TrialContext, node: NodeName, event: NodeEvent): void {
  if (event.event === 'session-keys') return;
  if (event.event === 'handshake-secrets') {
    for (const secret of event.secrets) canaries.add('handshake-secret', Buffer.from(secret, 'base64'));
    return;
  }
  if (event.event === 'acked') itemsOf(facts.acknowledged, node).add(event.item);
  if (event.event === 'received') itemsOf(facts.received, node).add(event.item);
  if (event.event === 'state') facts.states.set(node, event.state);
  history.append({ kind: 'event', node, event });
}

/** The node's items among those announced; filled in as more are. */
export function itemsOf(announced: Map<NodeName, Set<string>>, node: NodeName): Set<string> {
  let items = announced.get(node);
  if (items === undefined) {
    items = new Set();
    announced.set(node, items);
  }
  return items;
}

/** After a failed handshake: what the relay still holds of it, each time the figure changes, until nothing is left. */
async function followPending({ topology, clock, history, facts }: TrialContext, node: NodeName): Promise<void> {
  const failedAtMs = clock.monotonicMs();
  let last: string | null = null;
  for (;;) {
    const stats = await topology.relay.stats().catch(() => null);
    const afterFailureMs = clock.monotonicMs() - failedAtMs;
    if (stats !== null) {
      const sessions = stats.sessions.filter((session) => session.device === facts.devices[node]).length;
      const seen = JSON.stringify([stats.pendingHandshakes, sessions]);
      if (seen !== last) {
        const value = { node, afterFailureMs, value: stats.pendingHandshakes, sessions };
        history.append({ kind: 'witness', name: 'pending-handshakes', value });
      }
      last = seen;
      if (stats.pendingHandshakes === 0) return;
    }
    if (afterFailureMs >= pendingWatchMs) return;
    await pause(clock, 20);
  }
}

/** Asks a node for its status and records its vector when it changed; null when it does not answer. */
export async function observeStatus(context: TrialContext, node: NodeName): Promise<AnswerValue<'status'> | null> {
  const { topology, history, facts } = context;
  const answered = await topology.node(node).request('status', {});
  if (answered.outcome !== 'ok') return null;
  const { vector } = answered.value;
  if (vector !== null && facts.vectors.get(node) !== vector) {
    facts.vectors.set(node, vector);
    history.append({ kind: 'witness', name: 'vector', value: { node, vector } });
  }
  return answered.value;
}
