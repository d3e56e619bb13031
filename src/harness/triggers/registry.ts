import { announced } from './announced.ts';
import { atStep } from './at-step.ts';
import { elapsed } from './elapsed.ts';
import { healed } from './healed.ts';
import { passed } from './passed.ts';
import { struck } from './struck.ts';
import type { Trigger } from './trigger.ts';
import { unacknowledged } from './unacknowledged.ts';

/** Every trigger that a fault's `when` can name. */
export const triggers: Readonly<Record<string, Trigger>> = Object.fromEntries(
  [announced, unacknowledged, passed, atStep, struck, elapsed, healed].map((trigger) => [
    trigger.name,
    trigger as Trigger,
  ]),
);
