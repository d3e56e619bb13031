import { MetricRegistry } from '../io/metric-registry.ts';
import { relayVersion } from './version.ts';

/** What is counted at the moment of asking. */
export interface MetricGauges {
  readonly connections: number;
  readonly groupsPresent: number;
  readonly blobs: number;
  readonly storageBytes: number;
}

/** Totals only: nothing here may carry an id, not even as a label. */
export class RelayMetrics {
  readonly registry = new MetricRegistry();
  readonly #connections = this.#counter('sync_relay_connections_total', 'Connections accepted');
  readonly #delivered = this.#counter('sync_relay_blobs_delivered', 'Blobs sent in answers to pulls');
  readonly #bytes = this.#counter('sync_relay_bytes_transferred', 'Bytes received and sent on data connections');
  readonly #pushes = this.#counter('sync_relay_pushes_total', 'Blobs stored');
  readonly #pulls = this.#counter('sync_relay_pulls_total', 'Pulls answered');
  readonly #rateLimited = this.#counter('sync_relay_rate_limit_hits_total', 'Messages refused for their rate');
  readonly #errors = this.#counter('sync_relay_errors_total', 'Errors answered and connections refused');
  readonly #active = this.#gauge('sync_relay_connections_active', 'Connections open');
  readonly #groups = this.#gauge('sync_relay_groups_active', 'Groups with a device present');
  readonly #blobs = this.#gauge('sync_relay_blobs_buffered', 'Blobs stored');
  readonly #storage = this.#gauge('sync_relay_storage_bytes', 'Size of the database');

  constructor() {
    this.registry
      .gauge({ name: 'sync_relay_info', help: 'Always 1; the label tells the version', labelNames: ['version'] })
      .set({ version: relayVersion }, 1);
  }

  connectionAccepted(): void {
    this.#connections.inc();
  }

  bytesMoved(bytes: number): void {
    this.#bytes.inc(bytes);
  }

  pushStored(): void {
    this.#pushes.inc();
  }

  pullAnswered(blobs: number): void {
    this.#pulls.inc();
    this.#delivered.inc(blobs);
  }

  rateLimited(): void {
    this.#rateLimited.inc();
  }

  errorAnswered(): void {
    this.#errors.inc();
  }

  /** The page in Prometheus text format 0.0.4. */
  page(gauges: MetricGauges): Promise<string> {
    this.#active.set(gauges.connections);
    this.#groups.set(gauges.groupsPresent);
    this.#blobs.set(gauges.blobs);
    this.#storage.set(gauges.storageBytes);
    return this.registry.text();
  }

  #counter(name: string, help: string) {
    return this.registry.counter({ name, help });
  }

  #gauge(name: string, help: string) {
    return this.registry.gauge({ name, help });
  }
}
