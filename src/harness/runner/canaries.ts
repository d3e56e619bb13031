import { utf8 } from '../../support/bytes.ts';
import type { Prng } from '../../support/prng.ts';
import { canaryBytesMin } from '../evidence/canary-search.ts';
import type { Canary, NodeName } from '../topology/topology.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Random text that occurs nowhere by accident: 24 letters and digits hold 142 bits. */
export function randomText(prng: Prng, length = 24): string {
  return Array.from({ length }, () => letters[prng.below(letters.length)]).join('');
}

/** What one trial plants: fresh for each, so that a hit belongs to it. */
export class Canaries {
  readonly content: string;
  readonly passphrase: string;
  readonly #names = new Map<NodeName, string>();
  readonly #secrets: Canary[] = [];

  constructor(prng: Prng, nodes: readonly NodeName[]) {
    this.content = randomText(prng);
    this.passphrase = randomText(prng);
    for (const node of nodes) this.#names.set(node, randomText(prng));
  }

  /** The device name the node is given. */
  nameOf(node: NodeName): string {
    return this.#names.get(node)!;
  }

  /** A secret that came up while running: group secret, invite, handshake secrets. */
  add(label: string, bytes: Uint8Array): void {
    this.#secrets.push({ label, bytes });
  }

  /** A body of `bytes` that is unique in the trial and repeats the content canary, so that a part of it is enough. */
  body(node: NodeName, index: number, bytes: number): Uint8Array {
    return Buffer.alloc(bytes, `${this.content}|${node}|${index}|`);
  }

  all(): readonly Canary[] {
    return [
      { label: 'content', bytes: utf8(this.content) },
      { label: 'passphrase', bytes: utf8(this.passphrase) },
      ...[...this.#names].map(([node, name]) => ({ label: `device-name:${node}`, bytes: utf8(name) })),
      ...this.#secrets,
    ];
  }
}

/**
 * The secrets inside an invite: itself, and each long field called secret when its `invite` parameter is JSON in
 * base64url. A system with another form of invite is searched for the invite as a whole; one too short to be told from
 * accident, such as a code of six digits, holds no secret that can be searched for.
 */
export function secretsOfInvite(invite: string): Canary[] {
  if (utf8(invite).length < canaryBytesMin) return [];
  const found: Canary[] = [{ label: 'invite', bytes: utf8(invite) }];
  try {
    const payload = new URL(invite).searchParams.get('invite') ?? '';
    const fields = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
    for (const [name, value] of Object.entries(fields)) {
      if (!name.includes('secret') || typeof value !== 'string' || value.length < 16) continue;
      found.push({ label: 'group-secret', bytes: Buffer.from(value, 'base64url') });
    }
  } catch {
    // Not of that form: the whole of it is searched, which is what can be said.
  }
  return found;
}
