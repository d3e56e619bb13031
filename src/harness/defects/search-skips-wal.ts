import { mutation } from '../checkers/mutations.ts';
import type { TesterDefect } from './tester-defect.ts';

/** What SQLite has not yet moved into the main file is never searched. */
export const searchSkipsWal: TesterDefect = {
  name: 'search-skips-wal',
  about: 'The search for canaries leaves out the write-ahead logs of databases.',
  blinds: 'no-plaintext',
  shownOn: mutation('canary-in-write-ahead-log', 'no-plaintext'),
  wrap: (sound) => ({
    ...sound,
    judge: (record, parameters) => {
      const searches = record.collected.searches.filter(({ source }) => !source.endsWith('-wal'));
      return sound.judge({ ...record, collected: { ...record.collected, searches } }, parameters);
    },
  }),
};
