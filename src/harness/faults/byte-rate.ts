import { z } from 'zod';

const perUnit = { KB: 1000, MB: 1_000_000 } as const;
const asked = 'a rate such as 16000, "16KB/s" or "1MB/s" (1 KB = 1000 B); whole KB/s, at least one';

/** What a proxy can let through, in bytes per second once read: whole multiples of 1000. */
export const byteRate = z
  .union([z.number(), z.string().regex(/^\d+(KB|MB)\/s$/, asked)], { error: asked })
  .transform((value) =>
    typeof value === 'number' ? value : Number.parseInt(value, 10) * perUnit[value.endsWith('MB/s') ? 'MB' : 'KB'],
  )
  .refine((rate) => rate >= 1000 && rate % 1000 === 0, { error: asked });
