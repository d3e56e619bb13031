import { z } from 'zod';
import type { TrialRecord } from '../history/trial-record.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { placeOf, type TapStrike, tapStrikes } from './tap-strikes.ts';
import { armedWindows, type FaultWindow } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

/** What a fault was told, as far as it decides what may have passed. */
const told = z.object({ 'min-bytes': z.number(), at: z.union([z.string(), z.number()]).optional() });

/**
 * By the tap's journal, every fault that ends a connection at one record did: of the record passed what the fault was
 * told (nothing, a part, all of it), and nothing of its connection afterwards. Of an answer withheld also: nothing came
 * down any more, and the relay's own counters had the push before the connection was closed.
 */
export const recordCut: Checker<Record<string, never>> = {
  name: 'record-cut',
  role: 'proof',
  proves: ['cut-in-record', 'withhold-answer'],
  about: 'Of one record none, a part or all passed the tap, as told, and nothing after it; a withheld answer was due.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const windows = armedWindows(record).filter(({ name }) => recordCut.proves!.includes(name));
    if (windows.length === 0) clauses.broken('no connection was to be ended at a record');
    for (const window of windows) {
      const strikes = tapStrikes(record, window);
      if (strikes === null) clauses.unknown('there is no journal of a tap');
      else if (strikes.length === 0) clauses.broken(`${window.name}: no record was struck`);
      for (const strike of strikes ?? []) {
        if (window.name === 'withhold-answer') judgeWithheld(record, window, strike, clauses);
        else judgeCut(window, strike, clauses);
      }
    }
    return clauses.finding();
  },
};

function judgeCut(window: FaultWindow, { struck, later }: TapStrike, clauses: Clauses): void {
  const { 'min-bytes': bytesMin, at } = told.parse(window.parameters);
  const { bytesBefore, bytesAfter } = struck;
  const passed = `${bytesAfter} of ${bytesBefore} bytes of ${placeOf(struck)}`;
  const isAsTold =
    typeof at === 'number'
      ? bytesAfter === Math.min(at, bytesBefore)
      : at === 'before'
        ? bytesAfter === 0
        : at === 'after'
          ? bytesAfter === bytesBefore
          : 0 < bytesAfter && bytesAfter < bytesBefore;
  clauses.none(bytesBefore < bytesMin ? [passed] : [], `a record of less than ${bytesMin} bytes was struck`, passed);
  clauses.none(isAsTold ? [] : [passed], `what passed is not what the fault was told (${at})`, `cut as told (${at})`);
  const more = later.filter((entry) => entry.bytesAfter > 0);
  clauses.none(more.map(placeOf), 'records passed after the cut', 'nothing passed after it');
}

function judgeWithheld(record: TrialRecord, window: FaultWindow, { struck, later }: TapStrike, clauses: Clauses): void {
  const { 'min-bytes': bytesMin } = told.parse(window.parameters);
  const { bytesBefore, bytesAfter } = struck;
  const passed = `${bytesAfter} of ${bytesBefore} bytes of ${placeOf(struck)}`;
  const isWhole = bytesAfter === bytesBefore && bytesBefore >= bytesMin;
  clauses.none(isWhole ? [] : [passed], 'no whole push passed', `all ${passed}`);
  const answers = later.filter(({ direction }) => direction === 'down');
  const heard = answers.filter((entry) => entry.bytesAfter > 0);
  clauses.none(heard.map(placeOf), 'the node was answered all the same', `${answers.length} answers swallowed`);
  if (answers.length === 0) clauses.broken('the relay gave no answer that could be withheld');
  const [withheld] = witnessesOf(record, 'answer-withheld').filter(({ entry }) => entry.fault === window.fault);
  const stored = withheld?.value.stored ?? null;
  if (stored === null) clauses.unknown('the relay did not tell what it stored');
  else if (stored) clauses.holds('stored before the connection was closed');
  else clauses.broken('the relay had not stored the push when the connection was closed');
}
