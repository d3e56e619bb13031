import { handshakeRecordCount, type TapRecord, type TapRule } from '../../contract/tap.ts';

/** A rule in force: what it has counted, and what must end with it. */
export class AddedRule {
  /** From 1, in the order of adding. */
  readonly number: number;
  readonly rule: TapRule;
  /** Told each time the rule strikes, with the record it struck. */
  readonly onStrike: (entry: TapRecord) => void;
  /** Records, or bytes of records, that the rule looks at and that came since it was added. */
  #counted = 0;
  #endings: (() => void)[] = [];

  constructor(number: number, rule: TapRule, onStrike: (entry: TapRecord) => void) {
    this.number = number;
    this.rule = { ...rule };
    this.onStrike = onStrike;
  }

  /**
   * Whether a record of the rule's link and direction is the one, and then the byte of it, prefix included, at which a
   * `cut` or `hold` acts; else null. `bytes` is the record's length. To be asked once for each record.
   */
  meets(record: number, bytes: number): number | null {
    const { rule } = this;
    const at = byteIn(rule, bytes);
    if ('record' in rule) {
      if (rule.record !== record) return null;
      this.#counted += 1;
      return this.#counted <= (rule.times ?? Number.POSITIVE_INFINITY) ? at : null;
    }
    if (record < handshakeRecordCount || bytes < rule.minBytes) return null;
    const before = this.#counted;
    if ('nth' in rule) {
      if (bytes > (rule.maxBytes ?? Number.POSITIVE_INFINITY)) return null;
      this.#counted += 1;
      return rule.nth <= this.#counted && this.#counted < rule.nth + (rule.times ?? 1) ? at : null;
    }
    this.#counted += bytes;
    return before < rule.afterBytes && rule.afterBytes <= this.#counted ? rule.afterBytes - before : null;
  }

  /** What the rule did to a connection ends when the rule is taken out. */
  endsWith(ending: () => void): void {
    this.#endings.push(ending);
  }

  takenOut(): void {
    for (const ending of this.#endings.splice(0)) ending();
  }
}

/** The byte of a record of so many bytes at which a rule acts, unless its count decides. */
function byteIn(rule: TapRule, bytes: number): number {
  if ('bytes' in rule) return rule.bytes;
  return 'inside' in rule ? 1 + Math.floor(rule.inside * (bytes - 1)) : bytes;
}
