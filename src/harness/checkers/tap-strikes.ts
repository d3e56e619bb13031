import { isTapRecord, type TapRecord } from '../../contract/tap.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { FaultWindow } from './windows.ts';
import { witnessesOf } from './witnesses.ts';

/** A record that a fault told the tap to strike, and what of its connection came to the tap afterwards, in order. */
export interface TapStrike {
  readonly struck: TapRecord;
  readonly later: readonly TapRecord[];
}

/** The strikes of one fault that the tap's journal has, in order; null when there is no journal. */
export function tapStrikes(record: TrialRecord, { fault }: FaultWindow): readonly TapStrike[] | null {
  const journal = record.collected.tapJournal?.filter(isTapRecord);
  if (journal === undefined) return null;
  const told = witnessesOf(record, 'tap-strike').filter(({ entry }) => entry.fault === fault);
  return told.flatMap(({ value }) => {
    const sameConnection = ({ link, connection }: TapRecord) => link === value.link && connection === value.connection;
    const at = journal.findIndex(
      (entry) =>
        sameConnection(entry) &&
        entry.direction === value.direction &&
        entry.record === value.record &&
        entry.rule !== undefined,
    );
    return at < 0 ? [] : [{ struck: journal[at]!, later: journal.slice(at + 1).filter(sameConnection) }];
  });
}

/** `record 3 up of connection 1 of node-a`. */
export function placeOf({ record, direction, connection, link }: TapRecord): string {
  return `record ${record} ${direction} of connection ${connection} of ${link}`;
}
