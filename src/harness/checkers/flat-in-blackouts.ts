import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { judgeTiming } from './lag.ts';
import { relaySamples } from './relay-samples.ts';
import { blackoutsOf, type Spell } from './spells.ts';

const parameters = z.strictObject({
  /** So many blackouts at least. */
  count: z.number().int().positive(),
  forMs: z.number().int().positive(),
});

/** In each blackout packets were dropped, and the relay's counter of records that came in stood still for so long. */
export const flatInBlackouts: Checker<z.output<typeof parameters>> = {
  name: 'flat-in-blackouts',
  role: 'proof',
  proves: ['blackouts'],
  about: 'In each blackout packets were dropped, and the relay counted not one record for so long.',
  parameters,
  judge(record, { count, forMs }) {
    const clauses = new Clauses();
    const spells = blackoutsOf(record, clauses, 'broken');
    const samples = relaySamples(record);
    if (samples.length === 0 && spells.length > 0) {
      clauses.unknown('nobody read the relay’s counters');
      return clauses.finding();
    }
    if (spells.length > 0 && spells.length < count) clauses.broken(`${spells.length} blackouts, expected ${count}`);
    for (const spell of spells) {
      const flatMs = flatMsIn(spell, samples);
      const figures = `blackout ${spell.number}: ${spell.packetsDropped} packets dropped, no record for ${Math.round(flatMs)} ms`;
      if (spell.packetsDropped > 0 && flatMs >= forMs) clauses.holds(figures);
      else if (spell.packetsDropped > 0)
        judgeTiming(record, clauses, forMs, [figures], `expected ${forMs} ms`, figures);
      else clauses.broken(`${figures}, expected ${forMs}`);
    }
    return clauses.finding();
  },
};

function flatMsIn({ fromMs, untilMs }: Spell, samples: ReturnType<typeof relaySamples>): number {
  const within = samples.filter(({ atMs }) => fromMs <= atMs && atMs <= untilMs);
  let longestMs = 0;
  let start = within[0];
  for (const sample of within) {
    if (sample.value.recordsIn !== start!.value.recordsIn) start = sample;
    longestMs = Math.max(longestMs, sample.atMs - start!.atMs);
  }
  return longestMs;
}
