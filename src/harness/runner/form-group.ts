import type { Answered, NodeName } from '../topology/topology.ts';
import { secretsOfInvite } from './canaries.ts';
import type { LoadOfTrial } from './load-of-trial.ts';
import type { TrialContext } from './trial-context.ts';

/** New devices, one group: the first node creates it, the others join with its invite, all connect. */
export async function formGroup(context: TrialContext, load: LoadOfTrial): Promise<void> {
  const { topology, canaries, facts } = context;
  const [first, ...others] = topology.nodes;
  if (first === undefined) throw new Error('a topology has at least one node');
  const devices = await Promise.all(
    topology.nodes.map((node) =>
      demand('init', node, topology.node(node).request('init', { name: canaries.nameOf(node) })),
    ),
  );
  topology.nodes.forEach((node, index) => {
    facts.devices[node] = devices[index]!.device;
  });
  const created = await demand(
    'pair',
    first,
    topology.node(first).request('pair', {
      relays: [...(await topology.relayAddresses(first))],
      passphrase: canaries.passphrase,
    }),
  );
  facts.group = created.group;
  const invite = created.invite;
  if (invite !== null) for (const secret of secretsOfInvite(invite)) canaries.add(secret.label, secret.bytes);
  for (const node of others) {
    const relays = [...(await topology.relayAddresses(node))];
    await demand('pair', node, topology.node(node).request('pair', { relays, ...(invite === null ? {} : { invite }) }));
  }
  const part = load.forPart('group');
  await Promise.all(topology.nodes.map((node) => part.connect(node)));
}

/** Setting up must succeed before anything can be judged; a system that refuses here makes the trial an error. */
async function demand<Value>(
  op: string,
  node: NodeName,
  request: Promise<{ outcome: 'ok'; value: Value } | Exclude<Answered<'init'>, { outcome: 'ok' }>>,
): Promise<Value> {
  const answered = await request;
  if (answered.outcome === 'ok') return answered.value;
  throw new Error(`setting up ${node}: ${op} answered ${answered.outcome} (${answered.code}: ${answered.message})`);
}
