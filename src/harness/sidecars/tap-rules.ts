/**
 * What the tap does to the records that pass through it: pure, so that the sidecar in containers and the simulator's
 * links obey the very same rules. Sockets, time and the choice of link belong to the caller.
 */
import { createHash } from 'node:crypto';
import type { Direction, TapEntry, TapRecord, TapRule } from '../../contract/tap.ts';
import { preambleBytes, recordPrefixBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';

/** The records before this number, in each direction, belong to the handshake and are kept raw in the journal. */
const handshakeRecordCount = 2;

/** The rules of one tap and its journal, over all of its links. */
export class TapRules {
  #rules: readonly TapRule[] = [];
  #journal: TapEntry[] = [];
  readonly #connectionCounts = new Map<string, number>();

  /** Adds a rule; the returned function takes it out again, and does nothing the second time. */
  add(rule: TapRule): () => void {
    const own = { ...rule };
    this.#rules = [...this.#rules, own];
    return () => {
      this.#rules = this.#rules.filter((kept) => kept !== own);
    };
  }

  /** In the order they were added. */
  get rules(): readonly TapRule[] {
    return this.#rules;
  }

  get journal(): readonly TapEntry[] {
    return this.#journal;
  }

  /** Forgets the journal and counts connections from 0 again; rules stay. */
  beginJournal(): void {
    this.#journal = [];
    this.#connectionCounts.clear();
  }

  /** The next connection of a link, in order of acceptance. `atMs` is the wall clock. */
  connection(link: string, atMs: number): TapConnection {
    const number = this.#connectionCounts.get(link) ?? 0;
    this.#connectionCounts.set(link, number + 1);
    this.#journal.push({ atMs, link, connection: number, action: 'open' });
    return new TapConnection(link, number, {
      ruleFor: (direction, record) =>
        this.#rules.find((rule) => rule.link === link && rule.direction === direction && rule.record === record),
      write: (entry) => this.#journal.push(entry),
    });
  }
}

/** What the caller does next: sends `forward` on, then, if `close`, ends both sides once that has left. */
export interface TapPassage {
  readonly forward: Uint8Array;
  readonly close: boolean;
}

interface Tap {
  /** The first rule that was added for the record decides. */
  readonly ruleFor: (direction: Direction, record: number) => TapRule | undefined;
  readonly write: (entry: TapEntry) => void;
}

/**
 * Both directions of one connection through the tap. A record is held until it is complete, then judged and passed on
 * in one piece; the preamble before the first record of `up` passes as it comes.
 */
export class TapConnection {
  readonly #link: string;
  readonly #number: number;
  readonly #tap: Tap;
  readonly #streams: Readonly<Record<Direction, RecordStream>>;
  #closed = false;

  constructor(link: string, number: number, tap: Tap) {
    this.#link = link;
    this.#number = number;
    this.#tap = tap;
    this.#streams = { up: new RecordStream(preambleBytes), down: new RecordStream(0) };
  }

  /** Takes bytes as they arrive. `atMs` is the wall clock. Once closed, nothing passes in either direction. */
  pass(direction: Direction, chunk: Uint8Array, atMs: number): TapPassage {
    if (this.#closed) return { forward: new Uint8Array(0), close: false };
    const stream = this.#streams[direction];
    const preamble = stream.append(chunk);
    if (preamble.length > 0) {
      const bytes = preamble.length;
      this.#tap.write({ atMs, link: this.#link, connection: this.#number, action: 'preamble', bytes });
    }
    const passed = [preamble];
    for (let record = stream.next(); record !== null && !this.#closed; record = stream.next()) {
      passed.push(this.#judge(direction, record, atMs));
    }
    return { forward: concat(...passed), close: this.#closed };
  }

  /** The sender ended its direction: what was held of an unfinished record, to be sent before the end is passed on. */
  end(direction: Direction, atMs: number): Uint8Array {
    const stream = this.#streams[direction];
    const rest = stream.takeRest();
    if (this.#closed || rest.length === 0) return new Uint8Array(0);
    this.#write(direction, { number: stream.recordCount, bytes: rest }, rest, 'residue', atMs);
    return rest;
  }

  #judge(direction: Direction, record: StreamRecord, atMs: number): Uint8Array {
    const rule = this.#tap.ruleFor(direction, record.number);
    const { after, action } =
      rule === undefined ? { after: record.bytes, action: 'forward' as const } : applied(rule, record.bytes);
    this.#closed = action === 'cut' || action === 'close-after';
    this.#write(direction, record, after, action, atMs);
    return after;
  }

  #write(
    direction: Direction,
    record: StreamRecord,
    after: Uint8Array,
    action: TapRecord['action'],
    atMs: number,
  ): void {
    const before = record.bytes;
    this.#tap.write({
      atMs,
      link: this.#link,
      connection: this.#number,
      direction,
      record: record.number,
      bytesBefore: before.length,
      bytesAfter: after.length,
      digestBefore: sha256(before),
      digestAfter: sha256(after),
      action,
      ...(record.number < handshakeRecordCount ? { rawBefore: base64(before), rawAfter: base64(after) } : {}),
    });
  }
}

/** A flip beyond the record's end cannot happen; the journal then says `forward`, and the fault has no proof. */
function applied(
  rule: TapRule,
  record: Uint8Array,
): { readonly after: Uint8Array; readonly action: TapRecord['action'] } {
  switch (rule.action) {
    case 'flip': {
      const index = recordPrefixBytes + (rule.bit >> 3);
      if (index >= record.length) return { after: record, action: 'forward' };
      const after = record.slice();
      after[index]! ^= 0x80 >> (rule.bit & 7);
      return { after, action: 'flip' };
    }
    case 'cut':
      return { after: record.slice(0, rule.bytes), action: 'cut' };
    case 'close-after':
      return { after: record, action: 'close-after' };
    case 'drop':
      return { after: new Uint8Array(0), action: 'drop' };
    default:
      return rule satisfies never;
  }
}

interface StreamRecord {
  readonly number: number;
  /** With its length prefix. */
  readonly bytes: Uint8Array;
}

/** Cuts one direction's bytes into records. */
class RecordStream {
  recordCount = 0;
  #preambleLeft: number;
  #pieces: Uint8Array[] = [];
  #held = 0;

  constructor(preambleLeft: number) {
    this.#preambleLeft = preambleLeft;
  }

  /** Holds the bytes and returns those that belong to the preamble. */
  append(chunk: Uint8Array): Uint8Array {
    const preamble = chunk.slice(0, this.#preambleLeft);
    this.#preambleLeft -= preamble.length;
    if (preamble.length < chunk.length) {
      this.#pieces.push(chunk.slice(preamble.length));
      this.#held += chunk.length - preamble.length;
    }
    return preamble;
  }

  /** The next complete record, or null. */
  next(): StreamRecord | null {
    if (this.#held < recordPrefixBytes) return null;
    // Joining on every chunk would cost the square of a record's length in small chunks.
    if (this.#pieces[0]!.length < recordPrefixBytes) this.#join();
    const bytes = recordPrefixBytes + ((this.#pieces[0]![0]! << 8) | this.#pieces[0]![1]!);
    if (this.#held < bytes) return null;
    const all = this.#join();
    this.#pieces = [all.subarray(bytes)];
    this.#held -= bytes;
    return { number: this.recordCount++, bytes: all.subarray(0, bytes) };
  }

  takeRest(): Uint8Array {
    const rest = this.#join();
    this.#pieces = [];
    this.#held = 0;
    return rest;
  }

  #join(): Uint8Array {
    if (this.#pieces.length !== 1) this.#pieces = [concat(...this.#pieces)];
    return this.#pieces[0]!;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
