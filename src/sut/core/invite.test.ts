import { describe, expect, test } from '@jest/globals';
import { toHex, utf8 } from '../../support/bytes.ts';
import { Prng } from '../../support/prng.ts';
import {
  encodeBase64Url as base64Url,
  deviceIdFromBytes,
  groupIdFromBytes,
  groupIdOf,
  relayIdFromBytes,
} from './ids.ts';
import { type Invite, InviteError, inviteJson, inviteLink, parseInviteJson, parseInviteLink } from './invite.ts';
import { argon2ParametersFor } from './keys.ts';

const prng = new Prng('invite');
const groupSecret = prng.bytes(32);
const now = 1_800_000_000;
const invite: Invite = {
  relayIds: [relayIdFromBytes(prng.bytes(32)), relayIdFromBytes(prng.bytes(32))],
  groupId: groupIdOf(groupSecret),
  groupSecret,
  derivation: { salt: prng.bytes(16), argon2: argon2ParametersFor(2000) },
  createdBy: deviceIdFromBytes(prng.bytes(32)),
  createdAt: now,
  expiresAt: now + 600,
};

type Fields = Record<string, unknown>;
const fieldsOf = (of: Invite): Fields => JSON.parse(Buffer.from(inviteJson(of)).toString());
/** The invite with some fields replaced, and those set to undefined left out. */
const jsonWith = (change: Fields) => utf8(JSON.stringify({ ...fieldsOf(invite), ...change }));

function failureOf(work: () => unknown): InviteError {
  try {
    work();
  } catch (error) {
    if (error instanceof InviteError) return error;
    throw error;
  }
  throw new Error('expected an InviteError, nothing was thrown');
}

describe('invites', () => {
  test.each([
    { when: 'from a passphrase', derivation: invite.derivation },
    { when: 'from a random secret', derivation: null },
  ])('$when go there and back as a link and as its part', ({ derivation }) => {
    const sent = { ...invite, derivation };
    const link = inviteLink(sent);
    expect(link).toMatch(/^your-app:\/\/sync\?invite=[A-Za-z0-9_-]+$/);
    for (const text of [link, link.slice('your-app://sync?invite='.length)]) {
      const { groupSecret: secret, derivation: read, ...rest } = parseInviteLink(text, now);
      const { groupSecret: _secret, derivation: _derivation, ...expected } = sent;
      expect(rest).toEqual(expected);
      expect(toHex(secret)).toBe(toHex(groupSecret));
      expect(read?.argon2).toEqual(derivation?.argon2);
      expect(toHex(read?.salt ?? utf8(''))).toBe(toHex(derivation?.salt ?? utf8('')));
    }
  });

  test('the JSON has the fields of version 3', () => {
    expect(fieldsOf(invite)).toEqual({
      version: 3,
      relay_node_ids: invite.relayIds,
      group_id: invite.groupId,
      group_secret: base64Url(groupSecret),
      salt: base64Url(invite.derivation!.salt),
      argon2: { m: 19_456, t: 2, p: 1 },
      created_by: invite.createdBy,
      created_at: now,
      expires_at: now + 600,
    });
  });

  test('version 2 has one relay', () => {
    const json = jsonWith({ version: 2, relay_node_ids: undefined, relay_node_id: invite.relayIds[0] });
    expect(parseInviteJson(json, now).relayIds).toEqual([invite.relayIds[0]]);
  });

  test.each([
    { at: now + 599, isGood: true },
    { at: now + 600, isGood: false },
    { at: now + 90_000, isGood: false },
  ])('read at $at: $isGood', ({ at, isGood }) => {
    const read = () => parseInviteLink(inviteLink(invite), at);
    if (isGood) expect(read().expiresAt).toBe(now + 600);
    else
      expect(failureOf(read)).toMatchObject({
        reason: 'expired',
        message: 'invite expired; ask for a new one',
      });
  });

  test('one that lives 0 seconds is expired at once', () => {
    expect(failureOf(() => parseInviteLink(inviteLink({ ...invite, expiresAt: now }), now)).reason).toBe('expired');
  });
});

describe('what is refused', () => {
  test.each<{ what: string; change: Fields; reason: string; field?: string }>([
    { what: 'version 1', change: { version: 1 }, reason: 'version' },
    { what: 'version 4', change: { version: 4 }, reason: 'version' },
    { what: 'version as text', change: { version: '3' }, reason: 'version' },
    { what: 'no version', change: { version: undefined }, reason: 'version' },
    { what: 'no relay', change: { relay_node_ids: [] }, reason: 'field', field: 'relay_node_ids' },
    { what: 'relays that are no list', change: { relay_node_ids: 'x' }, reason: 'field', field: 'relay_node_ids' },
    {
      what: 'a bad relay among good ones',
      change: { relay_node_ids: [invite.relayIds[0], 'x'] },
      reason: 'field',
      field: 'relay_node_ids',
    },
    {
      what: 'one relay under the name of version 2',
      change: { relay_node_id: invite.relayIds[0] },
      reason: 'field',
      field: 'invite',
    },
    { what: 'a field nobody knows', change: { extra: 1 }, reason: 'field', field: 'invite' },
    {
      what: 'a short secret',
      change: { group_secret: base64Url(prng.bytes(31)) },
      reason: 'field',
      field: 'group_secret',
    },
    {
      what: 'a padded secret',
      change: { group_secret: `${base64Url(groupSecret)}=` },
      reason: 'field',
      field: 'group_secret',
    },
    { what: 'the group of another secret', change: { group_id: groupIdFromBytes(prng.bytes(32)) }, reason: 'group' },
    { what: 'a salt without parameters', change: { argon2: undefined }, reason: 'field', field: 'argon2' },
    { what: 'parameters without salt', change: { salt: undefined }, reason: 'field', field: 'salt' },
    { what: 'parameters too weak', change: { argon2: { m: 1024, t: 1, p: 1 } }, reason: 'field', field: 'argon2' },
    {
      what: 'parameters that would stall',
      change: { argon2: { m: 1_048_576, t: 3, p: 1 } },
      reason: 'field',
      field: 'argon2',
    },
    {
      what: 'a fourth parameter',
      change: { argon2: { m: 65_536, t: 3, p: 1, x: 1 } },
      reason: 'field',
      field: 'argon2',
    },
    { what: 'no creator', change: { created_by: undefined }, reason: 'field', field: 'created_by' },
    { what: 'a negative time', change: { created_at: -1 }, reason: 'field', field: 'created_at' },
    { what: 'an end as text', change: { expires_at: `${now}` }, reason: 'field', field: 'expires_at' },
  ])('$what', ({ change, reason, field }) => {
    const failure = failureOf(() => parseInviteJson(jsonWith(change), now));
    expect(failure.reason).toBe(reason);
    if (field !== undefined) expect(failure.message).toMatch(new RegExp(`^invite: ${field}`));
    expect(failure.message).not.toContain(base64Url(groupSecret).slice(0, 8));
  });

  test.each([
    '',
    'not base64!',
    'e30=',
    base64Url(utf8('no json')),
    base64Url(utf8('[]')),
    base64Url(utf8('null')),
    base64Url(Uint8Array.of(0xff)),
  ])('the text %j is no invite', (text) => {
    expect(failureOf(() => parseInviteLink(text, now)).reason).toBe('format');
  });

  test('one over 8 KiB is refused before it is read', () => {
    expect(failureOf(() => parseInviteJson(jsonWith({ extra: 'x'.repeat(8192) }), now)).reason).toBe('format');
  });

  test('seeded mutations are read or refused, and nothing else; none is read with another secret', () => {
    const json = inviteJson(invite);
    for (let round = 0; round < 4000; round += 1) {
      const mutated = Uint8Array.from(json);
      for (let count = 1 + prng.below(4); count > 0; count -= 1) mutated[prng.below(json.length)] = 32 + prng.below(95);
      try {
        expect(toHex(parseInviteJson(mutated, now).groupSecret)).toBe(toHex(groupSecret));
      } catch (error) {
        if (!(error instanceof InviteError)) throw error;
      }
      const link = inviteLink(invite);
      const cut = link.slice(0, prng.below(link.length));
      expect(failureOf(() => parseInviteLink(cut, now)).reason).toBe('format');
    }
  });
});
