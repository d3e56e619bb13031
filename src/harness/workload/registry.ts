import { alternate } from './alternate.ts';
import { ping, pull } from './ask.ts';
import { barrierPush } from './barrier-push.ts';
import { cleanUp } from './clean-up.ts';
import { connect, disconnect } from './connect.ts';
import { cutUnacknowledged } from './cut-unacknowledged.ts';
import { cycle } from './cycle.ts';
import { deleteItems } from './delete.ts';
import { delivered } from './delivered.ts';
import { heal } from './heal.ts';
import { holdCleanUp } from './hold-clean-up.ts';
import { look } from './look.ts';
import { page } from './page.ts';
import { push } from './push.ts';
import { read } from './read.ts';
import type { Step } from './step.ts';
import { wait } from './wait.ts';

/** Every step a scenario's load can name. */
export const steps: Readonly<Record<string, Step>> = Object.fromEntries(
  [
    push,
    pull,
    deleteItems,
    ping,
    barrierPush,
    cutUnacknowledged,
    connect,
    disconnect,
    cycle,
    wait,
    heal,
    delivered,
    alternate,
    look,
    page,
    read,
    cleanUp,
    holdCleanUp,
  ].map((step) => [step.name, step as Step]),
);
