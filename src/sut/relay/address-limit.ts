export interface AddressRules {
  readonly perAddress: number;
  /** Addresses that many devices share, such as a proxy's, with limits of their own. */
  readonly exceptions: Readonly<Record<string, number>>;
}

/** How many connections each address has open. */
export class AddressLimit {
  readonly #rules: AddressRules;
  readonly #open = new Map<string, number>();

  constructor(rules: AddressRules) {
    this.#rules = rules;
  }

  /** Counts one more connection; false, and nothing counted, when the address has its full number. */
  enter(address: string): boolean {
    const { perAddress, exceptions } = this.#rules;
    const max = Object.hasOwn(exceptions, address) ? exceptions[address]! : perAddress;
    const open = this.#open.get(address) ?? 0;
    if (open >= max) return false;
    this.#open.set(address, open + 1);
    return true;
  }

  leave(address: string): void {
    const open = (this.#open.get(address) ?? 0) - 1;
    if (open > 0) this.#open.set(address, open);
    else this.#open.delete(address);
  }
}
