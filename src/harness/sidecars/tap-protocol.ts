/**
 * What the tester says to the tap over its attached standard streams: JSON lines, one answer for each request, in
 * order. The container's log is stderr.
 */
import { z } from 'zod';
import { tapEntry, tapRule } from '../../contract/tap.ts';

const rule = z.number().int().nonnegative();

export const tapRequest = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('add-rule'), rule: tapRule }),
  z.strictObject({ op: z.literal('remove-rule'), rule }),
  /** Forgets the journal and counts connections from 0 again. */
  z.strictObject({ op: z.literal('begin') }),
  z.strictObject({ op: z.literal('journal') }),
  z.strictObject({ op: z.literal('state') }),
]);
export type TapRequest = z.infer<typeof tapRequest>;

export const tapAnswer = z.union([
  z.object({ error: z.string() }),
  z.object({
    /** Names an added rule. */
    rule: rule.optional(),
    journal: z.array(tapEntry).optional(),
    state: z.object({ rules: z.number(), connections: z.number() }).optional(),
  }),
]);
export type TapAnswer = z.infer<typeof tapAnswer>;
