import { HealthRule } from '../core/health-rule.ts';
import type { Defect } from './defect.ts';

class Latched extends HealthRule {
  #wasDegraded = false;

  override get isDegraded(): boolean {
    this.#wasDegraded ||= super.isDegraded;
    return this.#wasDegraded;
  }
}

export const degradedForEver: Defect = {
  name: 'degraded-for-ever',
  about:
    'A connection that was slow for a moment is shown as degraded until it ends, however fast it has become: users learn to ignore the warning.',
  node: (parts) => ({ ...parts, newHealthRule: () => new Latched() }),
};
