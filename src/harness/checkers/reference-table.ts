import { z } from 'zod';
import type { Checker } from './checker.ts';
import { checkers, standingChecks } from './registry.ts';

/** The table of checkers in Markdown: name, role, parameters with their types, and what it says. */
export function referenceTable(): string {
  const rows = Object.values(checkers).map((checker) => [
    `\`${checker.name}\``,
    standingChecks.includes(checker) ? 'standing' : checker.role,
    parametersOf(checker),
    checker.about,
  ]);
  const lines = [['Check', 'Role', 'Parameters', 'What must hold'], ['---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
}

/** `count: integer`, `node?: string`, `rounds: integer = 1`; a dash when it takes none. */
function parametersOf(checker: Checker): string {
  const schema = z.toJSONSchema(checker.parameters, { io: 'input' }) as JsonSchema;
  const parameters = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const isRequired = schema.required?.includes(name) === true;
    const fallback = property.default === undefined ? '' : ` = ${JSON.stringify(property.default)}`;
    return `\`${name}${isRequired || fallback !== '' ? '' : '?'}: ${typeOf(property)}${fallback}\``;
  });
  return parameters.length === 0 ? '-' : parameters.join(', ');
}

function typeOf(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  return schema.enum === undefined ? (schema.type ?? 'any') : schema.enum.join(' or ');
}
