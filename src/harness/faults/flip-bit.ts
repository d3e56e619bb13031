import { z } from 'zod';
import { nodeName } from '../../contract/parameters.ts';
import { type FieldName, handshakeField, handshakeMessages } from '../../contract/wire.ts';
import { assert } from '../../support/assert.ts';
import type { Fault } from './fault.ts';

const stages = ['m1', 'm2', 'm3', 'm4'] as const;
const fieldNames = [
  ...new Set(handshakeMessages.hybrid.flatMap((message) => message.fields.map((field) => field.name))),
] as [FieldName, ...FieldName[]];

const parameters = z
  .strictObject({
    link: nodeName,
    record: z.enum(stages),
    field: z.enum(fieldNames),
    /** Of the field, from 0; without it any byte. */
    byte: z.number().int().nonnegative().optional(),
  })
  .refine(({ record, field }) => hasField(record, field), {
    error: ({ input }) =>
      `a field of ${(input as { record: string }).record}; it has ${fieldsOf((input as { record: string }).record)}`,
  });

/** One random bit of one field of one handshake message arrives flipped; everything else arrives as it was sent. */
export const flipBit: Fault<z.output<typeof parameters>> = {
  kind: 'flip-bit',
  about: 'One random bit of one field of a handshake message arrives flipped. Everything else arrives as it was sent.',
  parameters,
  abilities: ['tap'],
  linksOf: ({ link }) => [link],
  async inject(topology, { link, record, field, byte }, prng) {
    assert(topology.tap !== null, 'a topology that offers the ability `tap` has one');
    const { offset, bytes } = handshakeField('hybrid', record, field);
    const bit = offset * 8 + (byte === undefined ? prng.below(bytes * 8) : byte * 8 + prng.below(8));
    const heal = await topology.tap.addRule({
      action: 'flip',
      link,
      direction: record === 'm1' || record === 'm3' ? 'up' : 'down',
      record: record === 'm1' || record === 'm2' ? 0 : 1,
      bit,
    });
    return { drawn: { bit }, heal };
  },
  /** Once in each byte of the field. */
  points: (written) => {
    const { bytes } = handshakeField('hybrid', written.record, written.field);
    return Array.from({ length: bytes }, (_, byte) => ({ ...written, byte }));
  },
};

function fieldsOf(stage: string): string {
  const message = handshakeMessages.hybrid.find((candidate) => candidate.stage === stage);
  return message?.fields.map((field) => field.name).join(', ') ?? 'none';
}

function hasField(stage: string, field: FieldName): boolean {
  return handshakeMessages.hybrid.some(
    (message) => message.stage === stage && message.fields.some((candidate) => candidate.name === field),
  );
}
