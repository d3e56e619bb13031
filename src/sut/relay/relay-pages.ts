import type { RelayStats } from '../../contract/relay-stats.ts';
import type { Page } from '../io/http-pages.ts';
import type { RelayParts } from './parts.ts';
import { relayVersion } from './version.ts';

/** What the pages need from the running relay. */
export interface PageFacts {
  readonly connections: () => number;
  readonly uptimeMs: () => number;
  readonly stats: () => Promise<RelayStats>;
  readonly cleanUp: () => Promise<void>;
}

/** Builds the relay's pages; serving them is somebody else's work. All but `stats` carry totals only. */
export class RelayPages {
  readonly #parts: RelayParts;
  readonly #facts: PageFacts;

  constructor(parts: RelayParts, facts: PageFacts) {
    this.#parts = parts;
    this.#facts = facts;
  }

  /** The page at this path, or null. */
  async at(path: string): Promise<Page | null> {
    switch (path) {
      case '/health':
        return json(await this.health());
      case '/metrics':
        return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: await this.metrics() };
      case '/.well-known/iroh':
        return json(this.identity());
      case '/admin/stats':
        return this.#parts.config.admin ? json(await this.stats()) : null;
      default:
        return null;
    }
  }

  /** What a POST to this path orders, done; or null. */
  async ordered(path: string): Promise<Page | null> {
    if (path !== '/admin/clean-up' || !this.#parts.config.admin) return null;
    await this.#facts.cleanUp();
    return json({ cleanupRuns: this.#parts.counts.cleanupRuns });
  }

  async health() {
    const { groups, storageBytes } = await this.#parts.store.statistics();
    return {
      status: 'ok',
      version: relayVersion,
      connections: this.#facts.connections(),
      groups: groups.length,
      blobs_buffered: sumOfBlobs(groups),
      uptime_seconds: Math.floor(this.#facts.uptimeMs() / 1000),
      storage_bytes: storageBytes,
    };
  }

  async metrics(): Promise<string> {
    const { store, metrics, sessions } = this.#parts;
    const { groups, storageBytes } = await store.statistics();
    return metrics.page({
      connections: this.#facts.connections(),
      groupsPresent: sessions.groupCount,
      blobs: sumOfBlobs(groups),
      storageBytes,
    });
  }

  /** Public: where nodes find the relay and what they compare its keys with. */
  identity() {
    return { relay_id: this.#parts.identity.relayId, address: this.#parts.config.bind };
  }

  stats(): Promise<RelayStats> {
    return this.#facts.stats();
  }
}

function sumOfBlobs(groups: readonly { readonly blobs: number }[]): number {
  return groups.reduce((sum, { blobs }) => sum + blobs, 0);
}

function json(value: unknown): Page {
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}
