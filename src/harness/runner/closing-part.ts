import { until, WaitError } from '../../support/until.ts';
import type { LoadOfTrial } from './load-of-trial.ts';
import type { TrialContext } from './trial-context.ts';
import { observeStatus } from './watch.ts';

/** For the refused item to stand on the list, and to come back from it. */
const outstandingWithinMs = 30_000;

/**
 * The part that `prove` adds for the standing defects: A deletes a seed item; B goes and comes back; the relay answers
 * B with a damaged item until the damage is lifted; B restarts in between. The correct system is green on it.
 */
export async function runClosingPart(context: TrialContext, loads: LoadOfTrial): Promise<void> {
  const { topology, history } = context;
  const [a, b] = topology.nodes as [string, string];
  const load = loads.forPart('closing');

  const seedItem = firstItemOf(context, a);
  if (seedItem !== null) await loads.delete('closing', a, seedItem);
  await load.disconnect(b);
  await load.connect(b);

  await topology.relay.hook('damage-items', { device: context.facts.devices[b]! });
  await load.push(a, { bytes: 1024 });
  await waitForOutstanding(context, b, (count) => count > 0, 'an item refused');
  history.append({ kind: 'process', target: b, event: 'killed' });
  await topology.node(b).crash();
  context.facts.states.delete(b); // What it announced before says nothing of the next process.
  await topology.node(b).restart();
  history.append({ kind: 'process', target: b, event: 'started' });
  const reopened = await topology.node(b).request('reopen', { relays: [...(await topology.relayAddresses(b))] });
  if (reopened.outcome !== 'ok') throw new Error(`reopening ${b}: ${reopened.outcome} (${reopened.code})`);
  await recordOutstanding(context, b, 'after-restart');
  await load.connect(b);
  await topology.relay.hook('damage-items', { device: null });
  await waitForOutstanding(context, b, (count) => count === 0, 'no item outstanding');
}

function firstItemOf({ history }: TrialContext, node: string): string | null {
  const byNode = new Set(
    history
      .of('invoked')
      .filter((entry) => entry.node === node)
      .map((entry) => entry.operation),
  );
  const answered = history.of('answered').find((entry) => byNode.has(entry.operation) && entry.item !== undefined);
  return answered?.item ?? null;
}

async function waitForOutstanding(
  context: TrialContext,
  node: string,
  holds: (count: number) => boolean,
  what: string,
): Promise<void> {
  try {
    await until(context.clock, {
      what: `${node} to have ${what}`,
      probe: async () => (await observeStatus(context, node))?.outstanding?.length ?? -1,
      holds,
      everyMs: 50,
      timeoutMs: outstandingWithinMs,
    });
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    context.history.append({ kind: 'gave-up', waitedFor: error.message, lastSeen: error.lastSeen });
  }
  await recordOutstanding(context, node, what);
}

/** What stands on the node's list now, so that a list that forgets can be told from one that was worked off. */
async function recordOutstanding(context: TrialContext, node: string, when: string): Promise<void> {
  const status = await observeStatus(context, node);
  const cursors = status?.outstanding?.map((entry) => entry.cursor) ?? null;
  context.history.append({
    kind: 'witness',
    name: 'outstanding',
    value: { node, when, cursors, cursor: status?.cursor ?? null },
  });
}
