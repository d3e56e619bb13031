import { z } from 'zod';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { missingPart } from './missing.ts';
import { hitsOf, isDeviceName, judgeCoverage, searchedCanaries } from './search-sources.ts';

/** Planted in every trial: each must have been searched for. The invite stands for a group secret nobody can read. */
const expectedCanaries = [['content'], ['passphrase'], ['group-secret', 'invite']] as const;

/**
 * No planted canary (content, passphrase, group secret, secrets of handshakes) was found in any log, database, file,
 * page or capture, in any encoding; and every one of those sources was searched, which its positive control shows. It
 * binds every system: one that does not claim to encrypt is red, with what was read and where.
 *
 * Not checked: device names (`no-metadata-leak`), and the inside of sessions that nobody exported keys for.
 */
export const noPlaintext: Checker<Record<string, never>> = {
  name: 'no-plaintext',
  role: 'invariant',
  about:
    'No canary is found in any log, database, file, page, capture or opened session, and each source was searched.',
  parameters: z.strictObject({}),
  judge(record) {
    const clauses = new Clauses();
    const hits = hitsOf(record.collected.searches, (canary) => !isDeviceName(canary));
    clauses.none(hits, 'canaries found', 'no canary found');
    const searched = searchedCanaries(record);
    if (searched === null) clauses.unknown('nobody wrote down which canaries were searched for');
    else {
      for (const labels of expectedCanaries) {
        if (labels.some((label) => (searched[label] ?? 0) > 0)) continue;
        const missing = missingPart(record, `canaries.${labels[0]}`);
        if (missing?.byDesign === true) clauses.notRun(`canary ${labels[0]} (${missing.because})`);
        else clauses.unknown(`no canary ${labels.join(' or ')} was searched for`);
      }
    }
    judgeCoverage(record, clauses);
    const opaque = record.collected.searches.filter(({ opaque }) => opaque);
    if (opaque.length > 0) clauses.holds(`opaque: ${opaque.map(({ source }) => source).join(', ')}`);
    return clauses.finding();
  },
};
