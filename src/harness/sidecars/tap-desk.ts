import { tapRule } from '../../contract/tap.ts';
import { messageOf } from '../../support/errors.ts';
import type { TapAnswer, TapRequest } from './tap-protocol.ts';
import type { TapRules } from './tap-rules.ts';

/** Answers the tester's requests to the tap. */
export class TapDesk {
  readonly #rules: TapRules;
  readonly #connections: () => number;
  readonly #added = new Map<number, () => void>();
  #count = 0;

  constructor(rules: TapRules, connections: () => number) {
    this.#rules = rules;
    this.#connections = connections;
  }

  /** One line of JSON in, one answer out; what cannot be read is answered with an error. */
  answer(line: string): TapAnswer {
    try {
      const request = JSON.parse(line) as TapRequest;
      switch (request.op) {
        case 'add-rule':
          this.#count += 1;
          this.#added.set(this.#count, this.#rules.add(tapRule.parse(request.rule)));
          return { rule: this.#count };
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
