import { bandwidth } from './bandwidth.ts';
import { bandwidthSteps } from './bandwidth-steps.ts';
import { blackouts } from './blackouts.ts';
import { cut } from './cut.ts';
import { cutAfterBytes } from './cut-after-bytes.ts';
import { cutInRecord } from './cut-in-record.ts';
import { cutReconcile } from './cut-reconcile.ts';
import { detach } from './detach.ts';
import { expire } from './expire.ts';
import type { Fault } from './fault.ts';
import { flipBit } from './flip-bit.ts';
import { fragments } from './fragments.ts';
import { holdClose } from './hold-close.ts';
import { kill } from './kill.ts';
import { latency } from './latency.ts';
import { loss } from './loss.ts';
import { mutatedCopies } from './mutated-copies.ts';
import { partition } from './partition.ts';
import { pause } from './pause.ts';
import { powerCut } from './power-cut.ts';
import { reset } from './reset.ts';
import { scatter } from './scatter.ts';
import { setBack } from './set-back.ts';
import { setCursor } from './set-cursor.ts';
import { stall } from './stall.ts';
import { starve } from './starve.ts';
import { stop } from './stop.ts';
import { wanderingLatency } from './wandering-latency.ts';
import { withholdAnswer } from './withhold-answer.ts';

/** Every kind of fault a scenario can name. */
export const faults: Readonly<Record<string, Fault>> = Object.fromEntries(
  [
    ...[latency, wanderingLatency, scatter, fragments, bandwidth, bandwidthSteps, starve],
    ...[loss, blackouts, stall, partition],
    ...[cut, cutAfterBytes, reset, holdClose],
    ...[cutInRecord, cutReconcile, withholdAnswer, flipBit],
    ...[kill, powerCut, stop, pause, detach, setBack, setCursor, expire],
    mutatedCopies,
  ].map((fault) => [fault.kind, fault as Fault]),
);
