/** What the claims of the topology suite do with a stage, and what they wait for. */
import type { NodeEvent, Operation, ParametersOf } from '../../contract/control.ts';
import { isTapRecord, type TapRecord, type TapRule } from '../../contract/tap.ts';
import { assert } from '../../support/assert.ts';
import { utf8 } from '../../support/bytes.ts';
import { until } from '../../support/until.ts';
import type { Answered, NodeControl, NodeName, Topology } from './topology.ts';

/** Pushed as content; must be found nowhere but on the nodes. */
export const content = 'SuiteContent0123456789abcdef';
const bodyBytes = 1024;

/** New devices in a new group; returns the group's id. */
export async function formGroup(topology: Topology, nodes: readonly NodeName[]): Promise<string> {
  const [first, ...others] = nodes;
  for (const node of nodes) await told(topology, node, 'init', { name: `suite-device-of-${node}` });
  const created = await told(topology, first!, 'pair', { relays: [...(await topology.relayAddresses(first!))] });
  for (const node of others) {
    const relays = [...(await topology.relayAddresses(node))];
    await told(topology, node, 'pair', { relays, ...(created.invite === null ? {} : { invite: created.invite }) });
  }
  for (const node of nodes) await told(topology, node, 'connect', {});
  return created.group;
}

/** The value of an operation that must succeed. */
export async function told<Op extends Operation>(
  topology: Topology,
  node: NodeName,
  op: Op,
  parameters: ParametersOf<Op>,
) {
  const answered: Answered<Op> = await topology.node(node).request(op, parameters);
  assert(answered.outcome === 'ok', `${node} does ${op} (answered ${JSON.stringify(answered)})`);
  return answered.value;
}

/** Dials again at once instead of waiting for the node's own backoff. */
export async function tellAnew(topology: Topology, node: NodeName): Promise<void> {
  await told(topology, node, 'disconnect', {});
  await told(topology, node, 'connect', {});
}

export async function restarted(topology: Topology, node: NodeName): Promise<void> {
  await topology.node(node).restart();
  await told(topology, node, 'reopen', { relays: [...(await topology.relayAddresses(node))] });
  await told(topology, node, 'connect', {});
  await connected(topology, node);
}

export function inState(topology: Topology, node: NodeName, is: (state: string) => boolean): Promise<unknown> {
  return until(topology.clock, {
    what: `${node} to be in the wanted state`,
    probe: async () => (await told(topology, node, 'status', {})).state,
    holds: is,
    everyMs: 20,
    timeoutMs: 30_000,
  });
}

export function connected(topology: Topology, node: NodeName): Promise<unknown> {
  return inState(topology, node, (state) => state === 'connected' || state === 'degraded');
}

/** The id of an item the node has accepted; `number` makes its content unique. */
export async function pushed(topology: Topology, node: NodeName, number: number, bytes = bodyBytes): Promise<string> {
  const unit = `${content}|${node}|${number}|`;
  const body = utf8(unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes));
  return (await told(topology, node, 'push', { body: Buffer.from(body).toString('base64') })).item;
}

/** Waits until the node's store has the item. */
export async function holds(topology: Topology, node: NodeName, item: string): Promise<void> {
  await until(topology.clock, {
    what: `${node} to hold an item`,
    probe: async () => (await told(topology, node, 'items', {})).items.some((held) => held.item === item),
    holds: (found) => found,
    everyMs: 50,
    timeoutMs: 60_000,
  });
}

export async function roundTripMs(topology: Topology, node: NodeName): Promise<number> {
  return (await told(topology, node, 'ping', {})).roundTripMs;
}

export async function journal(topology: Topology) {
  assert(topology.tap !== null, 'the suite runs on a topology with a tap');
  return (await topology.tap.journal()).filter(isTapRecord);
}

/** A rule on the tap, the records that it struck, and a wait for the first of them. */
export async function striking(topology: Topology, rule: TapRule, onStrike: () => void = () => undefined) {
  assert(topology.tap !== null, 'the suite runs on a topology with a tap');
  const strikes: TapRecord[] = [];
  const heal = await topology.tap.addRule(rule, (strike) => {
    strikes.push(strike);
    onStrike();
  });
  const first = async () => {
    await until(topology.clock, {
      what: `the tap to ${rule.action}`,
      probe: () => strikes.length,
      holds: (count) => count > 0,
      everyMs: 5,
      timeoutMs: 20_000,
    });
    return strikes[0]!;
  };
  return { heal, strikes, first };
}

export async function blobsOf(topology: Topology, group: string): Promise<number> {
  const stats = await topology.relay.stats();
  return stats?.groups.find((entry) => entry.group === group)?.blobs ?? 0;
}

export async function headCursor(topology: Topology, group: string): Promise<number> {
  const stats = await topology.relay.stats();
  return stats?.groups.find((entry) => entry.group === group)?.headCursor ?? 0;
}

/** Listens from now on; the returned function waits for the first event that fits. */
export function nextEvent(
  topology: Topology,
  node: NodeName,
  fits: (event: NodeEvent) => boolean,
): () => Promise<void> {
  const control: NodeControl = topology.node(node);
  let seen = 0;
  const stop = control.onEvent((event) => {
    if (fits(event)) seen += 1;
  });
  return async () => {
    await until(topology.clock, {
      what: `an event of ${node}`,
      probe: () => seen,
      holds: (count) => count > 0,
      everyMs: 20,
      timeoutMs: 20_000,
    });
    stop();
  };
}
