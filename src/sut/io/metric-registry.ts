import { Counter, Gauge, Registry } from 'prom-client';

export interface MetricDescription<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

/** Counters and gauges of one relay, apart from every other registry in the process. */
export class MetricRegistry {
  readonly #registry = new Registry();

  counter<Label extends string = never>(description: MetricDescription<Label>): Counter<Label> {
    return new Counter({ ...description, registers: [this.#registry] });
  }

  gauge<Label extends string = never>(description: MetricDescription<Label>): Gauge<Label> {
    return new Gauge({ ...description, registers: [this.#registry] });
  }

  /** Prometheus text format 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}
