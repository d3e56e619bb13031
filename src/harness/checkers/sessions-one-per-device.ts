import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { relaySamples } from './relay-samples.ts';

/** Whenever the relay was looked at, each device had one session at most. */
export const sessionsOnePerDevice: Checker<Record<string, never>> = {
  name: 'sessions-one-per-device',
  role: 'invariant',
  about: 'Whenever the relay was looked at, each device had one session at most.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const samples = relaySamples(record);
    if (samples.length === 0) clauses.unknown('nobody read the relay’s sessions');
    else {
      const more = samples.flatMap(({ atMs, value }) =>
        Object.entries(value.sessions).flatMap(([node, sessions]) =>
          sessions.length > 1 ? [`${sessions.length} sessions of ${node} at ${Math.round(atMs)}`] : [],
        ),
      );
      clauses.none(more, 'devices with more than one session', `${samples.length} looks, one session a device at most`);
    }
    return clauses.finding();
  },
};
