/**
 * What the tap does to the records that pass through it: pure, so that the sidecar in containers and the simulator's
 * links obey the very same rules. Sockets, time and the choice of link belong to the caller.
 */
import type { Direction, TapEntry, TapRecord, TapRule } from '../../contract/tap.ts';
import { AddedRule } from './added-rule.ts';
import { type Meeting, TapConnection } from './tap-connection.ts';

/** The rules of one tap and its journal, over all of its links. */
export class TapRules {
  #rules: readonly AddedRule[] = [];
  #ruleCount = 0;
  #journal: TapEntry[] = [];
  readonly #connectionCounts = new Map<string, number>();

  /**
   * Adds a rule; the returned function takes it out again, and does nothing the second time. `onStrike` is told of each
   * record that the rule struck, before what is left of it has passed; its `rule` is the number of the rule.
   */
  add(rule: TapRule, onStrike: (entry: TapRecord) => void = () => undefined): TakeOut {
    this.#ruleCount += 1;
    const added = new AddedRule(this.#ruleCount, rule, onStrike);
    this.#rules = [...this.#rules, added];
    const takeOut = () => {
      this.#rules = this.#rules.filter((kept) => kept !== added);
      added.takenOut();
    };
    return Object.assign(takeOut, { number: added.number });
  }

  /** In the order they were added. */
  get rules(): readonly TapRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  get journal(): readonly TapEntry[] {
    return this.#journal;
  }

  /** Forgets the journal and counts connections from 0 again; rules stay. */
  beginJournal(): void {
    this.#journal = [];
    this.#connectionCounts.clear();
  }

  /**
   * The next connection of a link, in order of acceptance. `atMs` is the wall clock. `wake` says that a rule was taken
   * out which held something back: the caller then passes no bytes in that direction, and sends on what comes of it.
   */
  connection(link: string, atMs: number, wake: (direction: Direction) => void): TapConnection {
    const number = this.#connectionCounts.get(link) ?? 0;
    this.#connectionCounts.set(link, number + 1);
    this.#journal.push({ atMs, link, connection: number, action: 'open' });
    return new TapConnection(link, number, {
      meet: (direction, record, bytes) => this.#meet(link, direction, record, bytes),
      write: (entry) => this.#journal.push(entry),
      wake,
    });
  }

  /** Every rule counts the record; the first one added that meets it decides. */
  #meet(link: string, direction: Direction, record: number, bytes: number): Meeting | null {
    let first: Meeting | null = null;
    for (const added of this.#rules) {
      if (added.rule.link !== link || added.rule.direction !== direction) continue;
      const at = added.meets(record, bytes);
      if (at !== null) first ??= { added, at };
    }
    return first;
  }
}

/** Takes a rule out. */
export interface TakeOut {
  (): void;
  /** Of the rule, as it stands in the journal. */
  readonly number: number;
}
