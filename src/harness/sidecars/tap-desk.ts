import { tapRule } from '../../contract/tap.ts';
import { messageOf } from '../../support/errors.ts';
import type { TapAnswer, TapRequest, TapStrike } from './tap-protocol.ts';
import type { TakeOut, TapRules } from './tap-rules.ts';

/** Answers the tester's requests to the tap, and tells it of strikes. */
export class TapDesk {
  readonly #rules: TapRules;
  readonly #connections: () => number;
  readonly #tell: (strike: TapStrike) => void;
  readonly #added = new Map<number, TakeOut>();

  constructor(rules: TapRules, connections: () => number, tell: (strike: TapStrike) => void) {
    this.#rules = rules;
    this.#connections = connections;
    this.#tell = tell;
  }

  /** One line of JSON in, one answer out; what cannot be read is answered with an error. */
  answer(line: string): TapAnswer {
    try {
      const request = JSON.parse(line) as TapRequest;
      switch (request.op) {
        case 'add-rule': {
          const takeOut = this.#rules.add(tapRule.parse(request.rule), (strike) => this.#tell({ strike }));
          this.#added.set(takeOut.number, takeOut);
          return { rule: takeOut.number };
        }
        case 'remove-rule':
          this.#added.get(request.rule)?.();
          this.#added.delete(request.rule);
          return {};
        case 'begin':
          this.#rules.beginJournal();
          return {};
        case 'journal':
          return { journal: [...this.#rules.journal] };
        case 'state':
          return { state: { rules: this.#rules.rules.length, connections: this.#connections() } };
        default:
          return { error: `no such operation: ${JSON.stringify((request satisfies never as { op: unknown }).op)}` };
      }
    } catch (error) {
      return { error: messageOf(error) };
    }
  }
}
