import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { type FieldName, handshakeField, handshakeMessages } from '../../contract/wire.ts';
import type { Checker } from './checker.ts';
import { Clauses } from './clauses.ts';
import {
  connectionsOf,
  disturbedConnection,
  handshakeStages,
  noiseMessage,
  placeOfStage,
  recordsAt,
} from './connections.ts';
import { windowsByLink } from './windows.ts';

const fieldNames = [...new Set(handshakeMessages.hybrid.flatMap(({ fields }) => fields.map(({ name }) => name)))] as [
  FieldName,
  ...FieldName[],
];

const parameters = z
  .strictObject({ link: nodeName.optional(), record: z.enum(handshakeStages), field: z.enum(fieldNames) })
  .refine(
    ({ record, field }) =>
      handshakeMessages.hybrid.some(
        ({ stage, fields }) => stage === record && fields.some(({ name }) => name === field),
      ),
    { error: 'expected a field of that record' },
  );

/** The handshake record came to the tap and left it with exactly one bit changed, inside the named field. */
export const oneBitDiffers: Checker<z.output<typeof parameters>> = {
  name: 'one-bit-differs',
  role: 'proof',
  proves: ['flip-bit'],
  about: 'A handshake record left the tap with exactly one bit changed, inside the named field.',
  parameters,
  judge(record, { link, record: stage, field }) {
    const clauses = new Clauses();
    const { offset, bytes } = handshakeField('hybrid', stage, field);
    const windows = windowsByLink(record, link);
    if (windows.length === 0) clauses.broken('no fault was on any link');
    for (const window of windows) {
      if (connectionsOf(record, window.link) === null) {
        clauses.unknown('there is no journal of a tap');
        continue;
      }
      const connection = disturbedConnection(record, window, window.link);
      const place = placeOfStage[stage];
      const entry = connection === null ? undefined : recordsAt(connection, place.direction, place.record)[0];
      const before = noiseMessage(entry?.rawBefore, stage);
      const after = noiseMessage(entry?.rawAfter, stage);
      if (before === null || after === null) {
        clauses.broken(`no whole ${stage} of ${window.link} passed while the fault was on`);
        continue;
      }
      const changed = changedBits(before, after);
      const inside = changed.length === 1 && changed[0]! >= offset * 8 && changed[0]! < (offset + bytes) * 8;
      if (inside)
        clauses.holds(`bit ${changed[0]} of ${stage}, in byte ${changed[0]! >> 3} of ${field}, differs and no other`);
      else {
        clauses.broken(
          `${changed.length} bits of ${stage} differ, expected one in bytes ${offset} to ${offset + bytes - 1}`,
          changed.slice(0, 3).map((bit) => `bit ${bit}, in byte ${bit >> 3}`),
        );
      }
    }
    return clauses.finding();
  },
};

/** Numbers of the bits that differ, from the first byte’s highest bit on. Both have the same length. */
function changedBits(before: Uint8Array, after: Uint8Array): readonly number[] {
  const bits: number[] = [];
  for (const [index, byte] of before.entries()) {
    const difference = byte ^ after[index]!;
    for (let bit = 0; bit < 8; bit += 1) if ((difference & (0x80 >> bit)) !== 0) bits.push(index * 8 + bit);
  }
  return bits;
}
