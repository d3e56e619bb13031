/** The value types that scenario files share: durations, sizes, nodes. Each accepts what a person writes. */
import { z } from 'zod';
import { durationMs } from '../support/duration.ts';
import { directions } from './tap.ts';

/** "250ms", "30s", "5m"; in milliseconds once read. */
export const duration = z
  .string('a duration such as "250ms", "30s" or "5m"')
  .regex(/^\d+(ms|s|m)$/, 'a duration such as "250ms", "30s" or "5m"')
  .transform((text) => durationMs(text) ?? 0);

/** "250ms", or `{ from: 0ms, to: 60ms }`: a time drawn by seed between two. Both ends once read. */
export const durationRange = z.union([
  duration.transform((ms) => ({ from: ms, to: ms })),
  z.strictObject({ from: duration, to: duration }),
]);

/** A whole number of bytes, or "8KiB", "1MiB". */
export const byteCount = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d+(B|KiB|MiB)$/, 'a size such as 512, "8KiB" or "1MiB"')])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const unit = value.endsWith('MiB') ? 1024 * 1024 : value.endsWith('KiB') ? 1024 : 1;
    return Number.parseInt(value, 10) * unit;
  });

/** `node-a`, `node-b`, … */
export const nodeName = z.string().regex(/^node-[a-z0-9]+$/, 'a node such as "node-a"');

/** `node-1..200` stands for those and all between them; `node-1..n` for as many as a sweep over numbers of nodes has. */
const nodeOrRange = z
  .string()
  .regex(/^node-([a-z0-9]+|\d+\.\.(\d+|n))$/, 'a node such as "node-a", or a range such as "node-1..200"')
  .refine((text) => !text.endsWith('..n'), '"node-1..n" only with "sweep-nodes"');

/** One node, a range or a list of nodes; a list once read. */
export const nodeNames = z
  .union([nodeOrRange, z.array(nodeName).min(1)])
  .transform((value) => (typeof value === 'string' ? namesOf(value) : value));

/** The nodes that a text names, alone or as a range; none: no nodes are named like this. */
export function nodesNamedBy(text: string): readonly string[] {
  return nodeOrRange.safeParse(text).success ? namesOf(text) : [];
}

function namesOf(nodes: string): string[] {
  const [first, last] = nodes.replace('node-', '').split('..').map(Number);
  return last === undefined
    ? [nodes]
    : Array.from({ length: last - first! + 1 }, (_, index) => `node-${first! + index}`);
}

/** `up` (node to relay), `down` (relay to node) or `both`; a list once read. */
export const directionNames = z
  .enum([...directions, 'both'])
  .transform((value) => (value === 'both' ? [...directions] : [value]));

/** A probability above 0, at most 1. */
export const share = z.number().gt(0).max(1);

/** `{ from: 50ms, to: 1s, step: 50ms }`: a list once read, from the first on as long as the last is not passed. */
export function stepsOf(value: z.ZodType<number>) {
  return z
    .strictObject({ from: value, to: value, step: value.refine((step) => step > 0, 'more than nothing') })
    .transform(({ from, to, step }) =>
      Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step),
    );
}
