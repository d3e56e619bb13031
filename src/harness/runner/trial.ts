import { messageOf } from '../../support/errors.ts';
import type { Prng } from '../../support/prng.ts';
import type { Baseline } from '../history/baseline.ts';
import type { Collected, Missing } from '../history/collected.ts';
import type { Phase } from '../history/history.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { BoundStep, Variant } from '../scenario/scenario.ts';
import type { CollectPlan, Topology } from '../topology/topology.ts';
import { randomText } from './canaries.ts';
import { runClosingPart } from './closing-part.ts';
import { FaultsOfTrial } from './faults-of-trial.ts';
import { formGroup } from './form-group.ts';
import { waitUntilHealthy } from './health.ts';
import { watchLag } from './lag.ts';
import { LoadOfTrial } from './load-of-trial.ts';
import { observe } from './observe.ts';
import { settle } from './settle.ts';
import { openContext, type TrialContext } from './trial-context.ts';
import { watchNodes } from './watch.ts';

export interface TrialOptions {
  readonly scenario: string;
  readonly variant: Variant;
  readonly iteration: number;
  readonly seed: string;
  readonly prng: Prng;
  /** False under `--disarm`. */
  readonly armed: boolean;
  readonly baseline: Baseline;
  /** The closing part of the standing defects, which only `prove` adds. */
  readonly closingPart: boolean;
  /** Told as each phase begins, for whoever watches. */
  readonly onPhase?: (phase: Phase) => void;
}

/** 20 items of 1 KiB from each of the first two nodes. */
const seedSet = { nodes: 2, count: 20, bytes: 1024 };
const seedingWithinMs = 60_000;

/**
 * One variant, run once on an open stage: a fresh group, the seed set, the load under its faults, heal, settle,
 * collect. Always returns a record; what went wrong with the tester or the world stands in it.
 */
export async function runTrial(topology: Topology, options: TrialOptions): Promise<TrialRecord> {
  const { variant, prng } = options;
  const context = openContext(topology, { prng, armed: options.armed, iteration: options.iteration });
  const { history } = context;
  const phase = (name: Phase) => {
    history.append({ kind: 'phase', phase: name });
    options.onPhase?.(name);
  };

  phase('opened');
  await topology.beginTrial({ mark: randomText(prng.fork('mark')) });
  const endWatching = watchNodes(context);
  const endLag = watchLag(context);
  const faults = new FaultsOfTrial(context);
  const load = new LoadOfTrial(context, faults);
  let endObserving = async () => {};
  try {
    await formGroup(context, load);
    phase('seeding');
    if (!variant.seeded || (await seed(context, load))) {
      endObserving = await observe(context, variant.observeEveryMs);
      phase('loading');
      await runLoad(variant, faults, load);
    }
    phase('healing');
    await faults.heal();
    await runSteps(load, 'afterwards', variant.afterwards);
    await endObserving();
    if (options.closingPart) {
      phase('closing');
      await runClosingPart(context, load);
    }
    phase('settling');
    await settle(context, variant.settleWithinMs);
    await waitUntilHealthy(context);
    phase('collecting');
  } catch (error) {
    history.append({ kind: 'world', what: messageOf(error), touches: ['*'] });
    await faults.heal();
    await endObserving();
  }
  await endWatching();
  endLag();
  const plan = collectPlan(context);
  history.append({ kind: 'witness', name: 'canaries', value: { labels: countedLabels(plan) } });
  const collected = withoutInvite(plan, await topology.collect(plan));
  return {
    scenario: options.scenario,
    variant: variant.name,
    iteration: options.iteration,
    seed: options.seed,
    arena: topology.arena,
    nodes: topology.nodes,
    can: topology.can,
    baseline: options.baseline,
    entries: history.entries,
    collected,
  };
}

/** False when the seed set did not converge: then there is no load, and the standing checks tell what is wrong. */
async function seed(context: TrialContext, load: LoadOfTrial): Promise<boolean> {
  const part = load.forPart('seed');
  await Promise.all(
    context.topology.nodes.slice(0, seedSet.nodes).map(async (node) => {
      for (let index = 0; index < seedSet.count; index += 1) await part.push(node, { bytes: seedSet.bytes });
    }),
  );
  return settle(context, seedingWithinMs);
}

async function runLoad(variant: Variant, faults: FaultsOfTrial, load: LoadOfTrial): Promise<void> {
  await runSteps(load, 'prepare', variant.prepare);
  await faults.inject(variant.faults);
  const isOne = variant.load.length === 1;
  await Promise.all(variant.load.map(({ name, steps }) => runSteps(load, isOne ? 'load' : `load.${name}`, steps)));
  await faults.untilOver();
}

async function runSteps(load: LoadOfTrial, list: string, steps: readonly BoundStep[]): Promise<void> {
  for (const [index, bound] of steps.entries()) {
    await bound.step.run(load.forPart(`${list}[${index}].${bound.name}`), bound.parameters);
  }
}

/** How many canaries of each label are searched for: a search for nothing finds nothing. */
function countedLabels({ canaries }: CollectPlan): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { label } of canaries) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** A system that pairs without an invite, or with a short code, gives no group secret that could be searched for. */
function withoutInvite({ canaries, group }: CollectPlan, collected: Collected): Collected {
  if (group === null || canaries.some(({ label }) => label === 'invite')) return collected;
  const missing: Missing = {
    part: 'canaries.group-secret',
    because: 'the system pairs without an invite of its own',
    byDesign: true,
  };
  return { ...collected, missing: [...collected.missing, missing] };
}

function collectPlan({ canaries, facts, history }: TrialContext): CollectPlan {
  const items = new Set(history.of('answered').flatMap((entry) => (entry.item === undefined ? [] : [entry.item])));
  return {
    canaries: canaries.all(),
    group: facts.group === '' ? null : facts.group,
    identifiers: [
      ...(facts.group === '' ? [] : [{ label: 'group', text: facts.group }]),
      ...Object.entries(facts.devices).map(([node, text]) => ({ label: `device:${node}`, text })),
      ...[...items].map((text) => ({ label: 'item', text })),
    ],
  };
}
