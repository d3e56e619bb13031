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
  const schema = schemaOf(scenarioFile);
  const lists: Record<string, Json> = {
    faults: { anyOf: Object.values(faults).map(faultSchema) },
    prepare: namedSchema(Object.values(steps)),
    load: namedSchema(Object.values(steps)),
    afterwards: namedSchema(Object.values(steps)),
    invariants: namedSchema(checksOf('invariant')),
    reactions: namedSchema(checksOf('reaction')),
    proof: namedSchema(checksOf('proof')),
  };
  return { title: 'relay-chaos scenario', ...(withItems(schema, lists) as Json) };
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
    when: namedSchema(Object.values(triggers)),
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
