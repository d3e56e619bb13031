import { mutation } from '../checkers/mutations.ts';
import type { TrialRecord } from '../history/trial-record.ts';
import type { TesterDefect } from './tester-defect.ts';

/** Nothing found in nothing counts as clean: the capture’s positive control and packet counts are not asked for. */
export const emptyCaptureTakenForClean: TesterDefect = {
  name: 'empty-capture-taken-for-clean',
  about: 'A capture without packets counts as searched and clean.',
  blinds: 'no-plaintext',
  shownOn: mutation('capture-empty', 'no-plaintext'),
  wrap: (sound) => ({ ...sound, judge: (record, parameters) => sound.judge(withTrust(record), parameters) }),
};

function withTrust(record: TrialRecord): TrialRecord {
  const captures = record.collected.captures.map((capture) => ({
    ...capture,
    packets: Math.max(1, capture.packets),
    packetsCounted: null,
    bytes: Math.max(1, capture.bytes),
    markFound: true,
  }));
  const searches = record.collected.searches.map((search) =>
    search.kind === 'capture' ? { ...search, bytes: Math.max(1, search.bytes), markFound: true } : search,
  );
  return { ...record, collected: { ...record.collected, captures, searches } };
}
