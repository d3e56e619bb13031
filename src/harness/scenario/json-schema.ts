import { z } from 'zod';
import type { CheckRole } from '../checkers/checker.ts';
import { checkers } from '../checkers/registry.ts';
import { faults } from '../faults/registry.ts';
import { triggers } from '../triggers/registry.ts';
import { steps } from '../workload/registry.ts';
import { scenarioFile } from './scenario-file.ts';

type Json = Record<string, unknown>;

/** The JSON Schema of a scenario file, with every fault, step and check that exists: for editors. */
export function scenarioJsonSchema(): Json {
  const step = { $ref: '#/$defs/step' };
  const lists: Record<string, Json> = {
    faults: { $ref: '#/$defs/fault' },
    prepare: step,
    load: step,
    afterwards: step,
    invariants: { $ref: '#/$defs/invariant' },
    reactions: { $ref: '#/$defs/reaction' },
    proof: { $ref: '#/$defs/proof' },
  };
  return {
    title: 'relay-chaos scenario',
    ...(withItems(schemaOf(scenarioFile), lists) as Json),
    // Each written once, however many lists may hold it.
    $defs: {
      step: namedSchema(Object.values(steps)),
      trigger: namedSchema(Object.values(triggers)),
      fault: { anyOf: Object.values(faults).map(faultSchema) },
      invariant: namedSchema(checksOf('invariant')),
      reaction: namedSchema(checksOf('reaction')),
      proof: namedSchema(checksOf('proof')),
    },
  };
}

/** Puts what each list may hold in place of "anything", wherever the list stands. */
function withItems(value: unknown, lists: Record<string, Json>): unknown {
  if (Array.isArray(value)) return value.map((entry) => withItems(entry, lists));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      return [key, key in lists ? listOf(entry as Json, lists[key]!) : withItems(entry, lists)];
    }),
  );
}

/** A list, or lanes of lists. */
function listOf(schema: Json, items: Json): Json {
  if (schema?.type === 'array') return { ...schema, items };
  if (!Array.isArray(schema?.anyOf)) return schema;
  return {
    ...schema,
    anyOf: (schema.anyOf as Json[]).map((branch) =>
      branch.type === 'array'
        ? { ...branch, items }
        : { ...branch, additionalProperties: { ...(branch.additionalProperties as Json), items } },
    ),
  };
}

function faultSchema({ kind, about, parameters }: { kind: string; about: string; parameters: z.ZodType }): Json {
  const schema = schemaOf(parameters);
  const shared = {
    kind: { const: kind, description: about },
    until: { enum: ['load-end', 'first-failure'] },
    'at-most': { type: 'string' },
    for: { type: 'string' },
    when: { $ref: '#/$defs/trigger' },
    within: { type: 'string' },
  };
  return {
    ...schema,
    properties: { ...shared, ...(schema.properties as Json) },
    required: ['kind', ...((schema.required as string[] | undefined) ?? [])],
  };
}

function namedSchema(entries: readonly { name: string; about: string; parameters: z.ZodType }[]): Json {
  return {
    anyOf: entries.flatMap(({ name, about, parameters }) => [
      { const: name, description: about },
      {
        type: 'object',
        description: about,
        properties: { [name]: schemaOf(parameters) },
        required: [name],
        additionalProperties: false,
      },
    ]),
  };
}

function checksOf(role: CheckRole) {
  return Object.values(checkers).filter((checker) => checker.role === role);
}

function schemaOf(type: z.ZodType): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }) as Json;
  return schema;
}
