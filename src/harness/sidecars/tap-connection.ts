import { hash } from 'node:crypto';
import {
  type Direction,
  handshakeRecordCount,
  type TapEntry,
  type TapRecord,
  type TapRule,
} from '../../contract/tap.ts';
import { preambleBytes, recordPrefixBytes } from '../../contract/wire.ts';
import { concat } from '../../support/bytes.ts';
import type { AddedRule } from './added-rule.ts';
import { RecordStream, type StreamRecord } from './record-stream.ts';

const peerOf = { up: 'down', down: 'up' } as const;
const nothing = new Uint8Array(0);

/** What the caller does next: sends `forward` on, then, if `close`, ends both sides once that has left. */
export interface TapPassage {
  readonly forward: Uint8Array;
  readonly close: boolean;
}

/** A rule met a record; `at` is the byte of the record at which a rule that stops the stream does so. */
export interface Meeting {
  readonly added: AddedRule;
  readonly at: number;
}

interface Tap {
  readonly meet: (direction: Direction, record: number, bytes: number) => Meeting | null;
  readonly write: (entry: TapEntry) => void;
  readonly wake: (direction: Direction) => void;
}

/** One direction of the connection. */
interface Side {
  readonly stream: RecordStream;
  /** The record in which the direction was stopped; its rest and all that follows waits. */
  held: { readonly record: StreamRecord; readonly rest: Uint8Array; readonly added: AddedRule } | null;
  /** Let go and not passed on yet. */
  released: Side['held'];
  /** What is held will never pass: its sender has ended, or the connection has. */
  isLost: boolean;
  /** No record of this direction passes any more. */
  mutedBy: AddedRule | null;
}

/**
 * Both directions of one connection through the tap. A record is held until it is complete, then judged and passed on
 * in one piece; the preamble before the first record of `up` passes as it comes.
 */
export class TapConnection {
  readonly #link: string;
  readonly #number: number;
  readonly #tap: Tap;
  readonly #sides: Readonly<Record<Direction, Side>> = { up: newSide(preambleBytes), down: newSide(0) };
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(link: string, number: number, tap: Tap) {
    this.#link = link;
    this.#number = number;
    this.#tap = tap;
  }

  /** Takes bytes as they arrive. `atMs` is the wall clock. Once closed, nothing passes in either direction. */
  pass(direction: Direction, chunk: Uint8Array, atMs: number): TapPassage {
    if (this.#state === 'closed') return { forward: nothing, close: false };
    const side = this.#sides[direction];
    const preamble = side.stream.append(chunk);
    if (preamble.length > 0) {
      const bytes = preamble.length;
      this.#tap.write({ atMs, link: this.#link, connection: this.#number, action: 'preamble', bytes });
    }
    const passed = [preamble, this.#passReleased(direction, atMs)];
    while (this.#state === 'open' && side.held === null) {
      const record = side.stream.next();
      if (record === null) break;
      passed.push(this.#judge(direction, record, atMs));
    }
    const close = this.#state === 'closing';
    if (close) this.#state = 'closed';
    return { forward: concat(...passed), close };
  }

  /**
   * The sender ended its direction: what was held of an unfinished record, to be sent before the end is passed on.
   */
  end(direction: Direction, atMs: number): Uint8Array {
    const { forward } = this.pass(direction, nothing, atMs);
    const side = this.#sides[direction];
    side.isLost ||= side.held !== null;
    if (this.#state !== 'open' || side.isLost) return forward;
    const rest = side.stream.takeRest();
    if (rest.length === 0) return forward;
    const after = side.mutedBy === null ? rest : nothing;
    const action = side.mutedBy === null ? 'residue' : 'drop';
    this.#write(direction, { number: side.stream.recordCount, bytes: rest }, after, action, atMs, side.mutedBy);
    return concat(forward, after);
  }

  /** One end of the connection is gone: what a rule holds back will never pass. */
  abandon(): void {
    for (const side of Object.values(this.#sides)) side.isLost ||= side.held !== null;
  }

  #judge(direction: Direction, record: StreamRecord, atMs: number): Uint8Array {
    const { mutedBy } = this.#sides[direction];
    if (mutedBy !== null) {
      mutedBy.onStrike(this.#write(direction, record, nothing, 'drop', atMs, mutedBy));
      return nothing;
    }
    const met = this.#tap.meet(direction, record.number, record.bytes.length);
    const after = met === null ? record.bytes : whatPasses(met.added.rule, record.bytes, met.at);
    if (met === null || after === null) {
      this.#write(direction, record, record.bytes, 'forward', atMs, null);
      return record.bytes;
    }
    this.#strike(direction, record, met);
    const entry = this.#write(direction, record, after, met.added.rule.action, atMs, met.added);
    met.added.onStrike(entry);
    return after;
  }

  /** What a rule does to the connection, beyond the record. */
  #strike(direction: Direction, record: StreamRecord, { added, at }: Meeting): void {
    switch (added.rule.action) {
      case 'cut':
      case 'close-after':
        this.#state = 'closing';
        break;
      case 'hold': {
        const side = this.#sides[direction];
        side.held = { record, rest: record.bytes.subarray(at), added };
        added.endsWith(() => {
          if (side.isLost) return;
          side.released = side.held;
          side.held = null;
          this.#tap.wake(direction);
        });
        break;
      }
      case 'mute': {
        const answers = peerOf[direction];
        this.#sides[answers].mutedBy = added;
        added.endsWith(() => {
          if (this.#state === 'open') this.#state = 'closing';
          this.#tap.wake(answers);
        });
        break;
      }
      default:
    }
  }

  #passReleased(direction: Direction, atMs: number): Uint8Array {
    const side = this.#sides[direction];
    if (side.released === null) return nothing;
    const { record, rest, added } = side.released;
    side.released = null;
    if (rest.length > 0) this.#write(direction, { ...record, bytes: rest }, rest, 'release', atMs, added);
    return rest;
  }

  #write(
    direction: Direction,
    record: StreamRecord,
    after: Uint8Array,
    action: TapRecord['action'],
    atMs: number,
    by: AddedRule | null,
  ): TapRecord {
    const before = record.bytes;
    const digestBefore = sha256(before);
    const entry: TapRecord = {
      atMs,
      link: this.#link,
      connection: this.#number,
      direction,
      record: record.number,
      bytesBefore: before.length,
      bytesAfter: after.length,
      digestBefore,
      digestAfter: after === before ? digestBefore : sha256(after),
      action,
      ...(by === null ? {} : { rule: by.number }),
      ...(record.number < handshakeRecordCount ? { rawBefore: base64(before), rawAfter: base64(after) } : {}),
    };
    this.#tap.write(entry);
    return entry;
  }
}

/**
 * What of a record passes at once under a rule; null when the rule cannot act on it. A flip beyond the record's end
 * cannot happen: the journal then says `forward`, and the fault has no proof.
 */
function whatPasses(rule: TapRule, record: Uint8Array, at: number): Uint8Array | null {
  switch (rule.action) {
    case 'flip': {
      const index = recordPrefixBytes + (rule.bit >> 3);
      if (index >= record.length) return null;
      const after = record.slice();
      after[index]! ^= 0x80 >> (rule.bit & 7);
      return after;
    }
    case 'cut':
    case 'hold':
      return record.slice(0, at);
    case 'drop':
      return nothing;
    case 'close-after':
    case 'mute':
    case 'watch':
      return record;
    default:
      return rule satisfies never;
  }
}

function newSide(preambleLeft: number): Side {
  return { stream: new RecordStream(preambleLeft), held: null, released: null, isLost: false, mutedBy: null };
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
