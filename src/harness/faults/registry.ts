import { cutAfterBytes } from './cut-after-bytes.ts';
import type { Fault } from './fault.ts';
import { flipBit } from './flip-bit.ts';
import { kill } from './kill.ts';
import { latency } from './latency.ts';
import { loss } from './loss.ts';
import { pause } from './pause.ts';
import { stop } from './stop.ts';

/** Every kind of fault a scenario can name. */
export const faults: Readonly<Record<string, Fault>> = Object.fromEntries(
  [latency, loss, cutAfterBytes, flipBit, kill, stop, pause].map((fault) => [fault.kind, fault as Fault]),
);
