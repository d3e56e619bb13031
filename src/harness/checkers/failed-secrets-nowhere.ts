import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { hitsOf, judgeCoverage, searchedCanaries } from './search-sources.ts';

const label = 'handshake-secret';

/** The secrets of handshakes, exported by the test hook, are found in no log, database, file, page or capture. */
export const failedSecretsNowhere: Checker<Record<string, never>> = {
  name: 'failed-secrets-nowhere',
  role: 'reaction',
  about: 'Secrets of failed handshakes are found in no log, file or capture.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const hits = hitsOf(record.collected.searches, (canary) => canary === label);
    const searched = searchedCanaries(record)?.[label] ?? 0;
    if (searched === 0) clauses.unknown('no secret of a handshake was exported and searched for');
    clauses.none(hits, 'secrets of handshakes found', `${searched} secrets searched for, none found`);
    judgeCoverage(record, clauses);
    return clauses.finding();
  },
};
