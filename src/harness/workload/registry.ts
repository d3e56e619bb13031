import { barrierPush } from './barrier-push.ts';
import { connect, disconnect } from './connect.ts';
import { cutUnacknowledged } from './cut-unacknowledged.ts';
import { push } from './push.ts';
import type { Step } from './step.ts';

/** Every step a scenario's load can name. */
export const steps: Readonly<Record<string, Step>> = Object.fromEntries(
  [push, barrierPush, cutUnacknowledged, connect, disconnect].map((step) => [step.name, step as Step]),
);
