import { z } from 'zod';
import { type Capability, capabilityNames } from '../../contract/capabilities.ts';
import { duration } from '../../contract/parameters.ts';
import { faultEnds, type VariantTurn } from './scenario.ts';

/** The closed set of topologies; a catalogue row may name several. */
export const topologies = [
  'pair',
  'mitm',
  'trio',
  'five',
  'swarm',
  'swarm-lite',
  'swarm-200',
  'swarm-n',
  'multi-relay',
  'attacker',
  'evil-relay',
  'tarpit',
  'four-authors',
  'windows',
  'mixed-os',
  'in-process',
] as const;

export const categories = [
  'transport',
  'encryption',
  'sync',
  'content',
  'adversarial',
  'cross-platform',
  'multi-relay',
] as const;

export const idPattern =
  /^(T-(LAT|LOSS|CONN|BW)|E-(HS|ENC|PQ)|S-(SM|CONC|CONV|BLOB)|C-(STOR|COLL)|A-(PROTO|RES)|X-PLAT|MR)-\d{2}$/;

const scenarioId = z.string().regex(idPattern, 'a scenario ID such as "S-CONC-01"');
const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by "-"');
const sentence = z.string().min(10, 'a sentence that says why the scenario exists');

/** A step, proof or check: its name alone, or its name with parameters. Which names exist is checked apart. */
const named = z.union([z.string(), z.record(z.string(), z.unknown())]);
const faultEntry = z.looseObject({
  kind: z.string(),
  until: z.enum(faultEnds).default('load-end'),
  'at-most': duration.optional(),
  for: duration.optional(),
  /** A trigger; how long it is waited for. */
  when: named.optional(),
  within: duration.default(60_000),
});

/** One list of steps, or lanes of them that run side by side. */
const load = z.union([z.array(named), z.record(slug, z.array(named).min(1))]).default([]);

const trialParts = {
  prepare: z.array(named).default([]),
  faults: z.array(faultEntry).default([]),
  load,
  /** Steps after the last heal. */
  afterwards: z.array(named).default([]),
  invariants: z.array(named).default([]),
  reactions: z.array(named).default([]),
  proof: z.array(named).default([]),
};

const settle = z.strictObject({ within: duration });

/** What a scenario says for all variants, and what each variant adds. */
const parts = {
  needs: z.array(z.enum(capabilityNames as [Capability, ...Capability[]])).default([]),
  ...trialParts,
};

const profile = z.enum(['chaos', 'default', 'short-idle']);

const nodeCount = z.number().int().min(2).max(200);

export const variantFile = z
  .strictObject({
    ...parts,
    seed: z.enum(['standard', 'none']).optional(),
    topology: z.enum(topologies).optional(),
    profile: profile.optional(),
    settle: settle.optional(),
    /** Of every fifth iteration: in the simulator it runs in each. */
    simulator: z.literal('each').optional(),
    /** In a sweep the variant runs so many times, each from a seed of its own. */
    'sweep-seeds': z.number().int().positive().optional(),
    /** In a sweep the variant stands for one with each of these numbers of nodes: `swarm-n` and `node-1..n` hold so many. */
    'sweep-nodes': z.strictObject({ from: nodeCount, to: nodeCount }).optional(),
  })
  .refine(
    (variant) => (variant['sweep-nodes'] !== undefined) === (variant.topology === 'swarm-n'),
    '"sweep-nodes" with the topology "swarm-n", neither without the other',
  );

const group = z.record(slug, variantFile.nullable()).default({});
const variants = z
  .strictObject({ each: group, rotate: group, fifth: group, sweep: group } satisfies Record<VariantTurn, z.ZodType>)
  .refine(
    (groups) =>
      new Set(Object.values(groups).flatMap(Object.keys)).size === Object.values(groups).flatMap(Object.keys).length,
    'each variant in one of "each", "rotate", "fifth", "sweep"',
  )
  .refine(
    ({ each, rotate, fifth }) =>
      [each, rotate, fifth].flatMap(Object.values).every((variant) => variant?.['sweep-nodes'] === undefined),
    '"sweep-nodes" under "sweep" only',
  )
  .refine(
    ({ each, rotate, sweep }) =>
      [each, rotate, sweep].flatMap(Object.values).every((variant) => variant?.simulator === undefined),
    '"simulator: each" under "fifth" only',
  );

/** What `chaos sweep` runs beside the points of variants: a trial of its own, once for each order of a relay's steps. */
const sweepFile = z.strictObject({
  /** Name of the database step whose orders are enumerated, such as `relay.push`. */
  'orders-of': z.string(),
  ...trialParts,
  seed: z.enum(['standard', 'none']).default('standard'),
});

export const scenarioFile = z.strictObject({
  $schema: z.string().optional(),
  id: scenarioId,
  name: slug,
  why: sentence,
  topology: z.enum(topologies),
  profile: profile.default('chaos'),
  iterations: z.number().int().positive(),
  /** For bounds of 50 ms or tighter: in containers nothing else runs beside an iteration. */
  exclusive: z.boolean().default(false),
  tags: z.array(slug).default([]),
  seed: z.enum(['standard', 'none']).default('standard'),
  /** How often the relay, and each node that announced something since, the others once a second, is looked at while the load runs. */
  observe: duration.optional(),
  settle: settle.default({ within: 60_000 }),
  ...parts,
  variants: variants.optional(),
  sweep: sweepFile.optional(),
  planted: z.array(
    z.strictObject({
      defect: slug,
      'caught-by': slug,
      except: z.strictObject({ arena: z.enum(['docker', 'simulator']), because: sentence }).optional(),
    }),
  ),
  /** Defects of the tester that `prove` must catch on a record of this scenario. */
  'planted-in-tester': z.array(slug).default([]),
  smoke: z.strictObject({ iterations: z.number().int().positive(), variants: z.array(slug).min(1) }).optional(),
});
export type ScenarioFile = z.output<typeof scenarioFile>;
export type VariantFile = z.output<typeof variantFile>;

/** The category a scenario's ID stands for. */
export function categoryOf(id: string): (typeof categories)[number] {
  if (id.startsWith('MR-')) return 'multi-relay';
  const letter = id[0] as 'T' | 'E' | 'S' | 'C' | 'A' | 'X';
  const byLetter = {
    T: 'transport',
    E: 'encryption',
    S: 'sync',
    C: 'content',
    A: 'adversarial',
    X: 'cross-platform',
  } as const;
  return byLetter[letter];
}
