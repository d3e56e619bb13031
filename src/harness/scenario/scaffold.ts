import type { CatalogueRow } from './catalogue.ts';
import { categoryOf } from './scenario-file.ts';

/** Where the file of a row belongs, below the folder of scenarios. */
export function scenarioPath({ id, name }: CatalogueRow): string {
  return `${categoryOf(id)}/${id}-${name}.yml`;
}

/** What a scenario says as long as nobody has said why it exists. */
export const whyUnsaid = 'Not said yet: one sentence on what holds, whatever the fault does.';

/**
 * The beginning of a scenario's file: what the catalogue says of it, and a fault with its proof that run as they are, to
 * be replaced. A row of several topologies gets a variant for each.
 */
export function scaffold({ id, name, topologies, iterations, tags }: CatalogueRow): string {
  const [topology, ...others] = topologies;
  const variants = [
    'variants:',
    '  each:',
    `    on-${topology}: {}`,
    ...others.flatMap((other) => [`    on-${other}:`, `      topology: ${other}`]),
  ];
  return `${[
    '# yaml-language-server: $schema=../scenario.schema.json',
    `id: ${id}`,
    `name: ${name}`,
    `why: "${whyUnsaid}"`,
    `topology: ${topology}`,
    `iterations: ${iterations}`,
    ...(tags.length === 0 ? [] : [`tags: [${tags.join(', ')}]`]),
    '# To be replaced: what the scenario does to the system. src/harness/faults/README.md says when a fault strikes.',
    'faults:',
    '  - { kind: latency, link: node-a, delay: 100ms }',
    '# To be replaced: what the nodes do meanwhile.',
    'load:',
    '  - push: { from: node-a, count: 5, until: accepted }',
    '  - delivered: { within: 30s }',
    ...(others.length === 0 ? [] : variants),
    '# To be added: what must hold beside the standing checks (invariants), and what the fault must cause (reactions).',
    '# To be replaced: what shows, from outside the system, that each fault bit. src/harness/checkers/README.md has all.',
    'proof:',
    '  - delays-as-ordered',
    '# To be added: at least one defect that turns it red, with the expectation that catches it, such as',
    '# { defect: item-stored-twice, caught-by: no-data-loss }.',
    'planted: []',
  ].join('\n')}\n`;
}
