/** The stage's Toxiproxy, driven through its API on the control-only network. */
import { type Proxy as ClientProxy, type ToxicAttributeTypes, type ToxicType, Toxiproxy } from 'toxiproxy-node-client';
import type { Direction } from '../../contract/tap.ts';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { until } from '../../support/until.ts';
import type { Adjustable, Heal, NodeName } from '../topology/topology.ts';
import { lastFetchFailure } from './fetch-failures.ts';
import { withinMs } from './within-ms.ts';

export interface ProxyState {
  readonly name: string;
  readonly enabled: boolean;
  readonly toxics: readonly ToxicState[];
}

export interface ToxicState {
  readonly name: string;
  readonly type: ToxicType;
  readonly stream: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

const streamOf = { up: 'upstream', down: 'downstream' } as const;
/**
 * Toxiproxy answers about a link, and changes it, only when the write that is under way there is done: one to a peer that
 * packet loss keeps from acknowledging can take many seconds. Its own limit is 30 s.
 */
const callTimeoutMs = 25_000;
const probeTimeoutMs = 5_000;
const readyTimeoutMs = 15_000;

export class ToxiproxyServer {
  readonly #client: Toxiproxy;
  readonly #url: string;
  readonly #callTimeoutMs: number;
  #toxics = 0;

  constructor(url: string, timeoutMs = callTimeoutMs) {
    this.#url = url;
    this.#callTimeoutMs = timeoutMs;
    this.#client = new Toxiproxy(url);
  }

  /** Waits until its API answers. */
  async untilAnswering(): Promise<void> {
    try {
      await until(systemClock, {
        what: 'Toxiproxy to answer',
        probe: () => withinMs(probeTimeoutMs, this.#client.getVersion()).then(() => 'an answer', messageOf),
        holds: (seen) => seen === 'an answer',
        everyMs: 20,
        timeoutMs: readyTimeoutMs,
      });
    } catch (error) {
      throw new EnvironmentError(
        `opening the stage: ${messageOf(error)}; this host must reach the stage's networks, which Docker Desktop does not allow: use --arena simulator there`,
        { cause: error },
      );
    }
  }

  /** Sends each link's connections to `upstream`, when the Compose file's default is another. */
  async expectUpstreams(upstreams: ReadonlyMap<NodeName, string>): Promise<void> {
    const proxies = await this.#call('listing its proxies', () => this.#client.getAll());
    for (const [node, upstream] of upstreams) {
      const proxy = proxies[proxyName(node)];
      if (proxy === undefined) {
        throw new EnvironmentError(`opening the link of ${node}: Toxiproxy has no proxy ${proxyName(node)}`);
      }
      if (proxy.upstream === upstream) continue;
      const { name, listen } = proxy;
      await this.#call('setting an upstream', () => proxy.update({ name, listen, upstream, enabled: true } as never));
    }
  }

  /** Changed in place: taken off and put on again, it would let the bytes in between pass. */
  async addToxic<Attributes extends ToxicAttributeTypes>(
    node: NodeName,
    toxic: { readonly type: ToxicType; readonly direction: Direction; readonly attributes: Attributes },
  ): Promise<Adjustable<Attributes>> {
    const { type, direction, attributes } = toxic;
    this.#toxics += 1;
    const name = `${type}-${direction}-${this.#toxics}`;
    const added = await this.#call(`adding ${type} to the link of ${node}`, async () =>
      (await this.#proxy(node)).addToxic({ type, name, stream: streamOf[direction], toxicity: 1, attributes }),
    );
    let removals = 0;
    const remove = async () => {
      removals += 1;
      await added.remove().catch((error: unknown) => {
        // An earlier one was carried out after nobody waited for its answer any more.
        if (removals === 1 || !messageOf(error).includes('404')) throw error;
      });
    };
    return {
      heal: once(() => this.#call(`taking ${type} off the link of ${node}`, remove)),
      change: async (next) => {
        await this.#call(`changing ${type} on the link of ${node}`, () =>
          added.update({ ...added.toJson(), attributes: next }),
        );
      },
    };
  }

  /** Disabled: open connections end, new ones are refused. */
  async setEnabled(node: NodeName, isEnabled: boolean): Promise<void> {
    await this.#call(`${isEnabled ? 'opening' : 'cutting'} the link of ${node}`, async () => {
      const proxy = await this.#proxy(node);
      const { name, listen, upstream } = proxy;
      await proxy.update({ name, listen, upstream, enabled: isEnabled } as never);
    });
  }

  /** Its own counters, as a metrics page. */
  metrics(): Promise<string> {
    return this.#call('reading its metrics', () => this.#client.getApi().getText(`${this.#url}/metrics`));
  }

  /** Leaves a text in the server's log: a proxy of that name that never opens comes and goes. */
  async mark(text: string): Promise<void> {
    await this.#call('marking its log', async () => {
      const proxy = await this.#client.createProxy({
        name: text,
        listen: '127.0.0.1:0',
        upstream: '127.0.0.1:9',
        enabled: false,
      } as never);
      await proxy.remove();
    });
  }

  /** What of a trial is still in the proxies; empty when nothing is. */
  async leftovers(): Promise<string[]> {
    return (await this.#state()).flatMap(({ name, enabled, toxics }) => [
      ...(enabled ? [] : [`${name} is cut`]),
      ...toxics.map((toxic) => `${name} has ${toxic.name}`),
    ]);
  }

  async stateOf(node: NodeName): Promise<ProxyState> {
    const state = (await this.#state()).find(({ name }) => name === proxyName(node));
    if (state !== undefined) return state;
    throw new EnvironmentError(`asking about the link of ${node}: Toxiproxy has no proxy ${proxyName(node)}`);
  }

  /** Asked of the API itself: the client's objects do not hold toxics. */
  async #state(): Promise<ProxyState[]> {
    const { data } = await this.#call('listing its proxies', () =>
      this.#client.getApi().get<Record<string, ProxyState>>(`${this.#url}/proxies`),
    );
    return Object.values(data);
  }

  #proxy(node: NodeName): Promise<ClientProxy> {
    return this.#client.get(proxyName(node));
  }

  async #call<T>(doing: string, call: () => Promise<T>): Promise<T> {
    try {
      return await withinMs(this.#callTimeoutMs, call());
    } catch (error) {
      const failure = messageOf(error).endsWith('fetch failed') ? lastFetchFailure(this.#url) : null;
      const why = failure === null ? messageOf(error) : `no answer (${failure})`;
      throw new EnvironmentError(
        `Toxiproxy at ${this.#url}: ${doing}: ${why}; the tester must reach the stage's control network`,
        { cause: error },
      );
    }
  }
}

export function proxyName(node: NodeName): string {
  return `px-${node}`;
}

/** Healing twice does nothing; a failed healing may be tried again. */
export function once(heal: () => Promise<unknown>): Heal {
  let isDone = false;
  return async () => {
    if (isDone) return;
    await heal();
    isDone = true;
  };
}
