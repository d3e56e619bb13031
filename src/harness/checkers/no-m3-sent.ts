import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import { disturbedConnection, placeOfStage, recordsAt } from './connections.ts';
import { disturbances } from './failures.ts';
import { windowsByLink } from './windows.ts';

const parameters = z.strictObject({ link: nodeName.optional() });

/** The initiator fails while it reads m2 and sends no m3 on that connection. */
export const noM3Sent: Checker<z.output<typeof parameters>> = {
  name: 'no-m3-sent',
  role: 'reaction',
  about: 'The initiator fails while reading m2 and sends no m3.',
  parameters,
  judge(record, { link }) {
    const clauses = new Clauses();
    const windows = windowsByLink(record, link);
    if (windows.length === 0) clauses.unknown('no fault was on any link');
    for (const window of windows) {
      const connection = disturbedConnection(record, window, window.link);
      if (connection === null || recordsAt(connection, 'down', placeOfStage.m2.record).length === 0) {
        clauses.unknown(`no m2 to ${window.link} is in the tap’s journal while the fault was on`);
        continue;
      }
      const sent = connection.entries.filter(({ direction, record: number }) => direction === 'up' && number >= 1);
      clauses.none(
        sent.map(
          (entry) => `${window.link} sent record ${entry.record} of ${entry.bytesBefore} bytes after the damaged m2`,
        ),
        'records sent after the damaged m2',
        `${window.link} sent nothing after m2`,
      );
    }
    for (const { node, failure } of disturbances(record, link)) {
      if (failure === null) clauses.broken(`${node} reported no failed handshake`);
      else if (failure.event.stage !== 'm2') clauses.broken(`${node} failed at ${failure.event.stage}, expected m2`);
      else clauses.holds(`${node} failed reading m2`);
    }
    return clauses.finding();
  },
};
