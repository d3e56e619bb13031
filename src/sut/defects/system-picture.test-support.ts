import { handshakeField, preambleBytes, recordPrefixBytes } from '../../contract/wire.ts';
import { toHex } from '../../support/bytes.ts';
import type { Sql } from '../io/database.ts';
import { nodeLogEvents } from '../node/log-events.ts';
import { TestNode, World } from '../node/node-world.test-support.ts';
import type { NodeChange } from '../node/parts.ts';
import type { RelayChange, RelayParts } from '../relay/parts.ts';
import { nodeChanges, relayChanges } from './changes.ts';
import { RelayHooks } from './relay-hooks.ts';

const passphrase = 'correct horse battery staple';
const deviceNames = ['Ada’s laptop', 'Bob’s phone'] as const;
const burst = 20;

/**
 * Everything about a small system, after one fixed course of events, that a defect may touch: two devices push at the
 * same time, one item is deleted, a handshake is cut, a push loses its acknowledgement three times in a row, an item is
 * served damaged while its device restarts, and is served whole in the end.
 */
export async function pictureWith(defectNames: readonly string[]) {
  const course = new Course(defectNames);
  await course.run();
  return course.picture();
}

export type Picture = Awaited<ReturnType<typeof pictureWith>>;

class Course {
  readonly #world = new World({ pullItems: 10 });
  readonly #hooks = new RelayHooks(['damage-items']);
  readonly #relayChanges: readonly RelayChange[];
  readonly #nodeChanges: readonly NodeChange[];
  readonly #a: TestNode;
  readonly #b: TestNode;
  readonly #relayLines: string[] = [];
  /** Both fields of each first message. */
  readonly #ephemerals: { readonly dh: string; readonly kem: string }[] = [];
  #relayParts: RelayParts | null = null;
  #descriptors = 0;
  #outstanding = { whileDamaged: -1, afterRestart: -1, inTheEnd: -1 };

  constructor(defectNames: readonly string[]) {
    this.#relayChanges = [
      (parts) => this.#watchedRelay(parts),
      ...relayChanges(defectNames, this.#hooks),
      (parts) => {
        this.#relayParts = parts;
        return parts;
      },
    ];
    this.#nodeChanges = [(parts) => this.#watchedNode(parts), ...nodeChanges(defectNames, [])];
    this.#a = new TestNode(this.#world, 'node-a');
    this.#b = new TestNode(this.#world, 'node-b');
  }

  async run(): Promise<void> {
    const { clock, cable } = this.#world;
    await this.#pair();
    await Promise.all([this.#a, this.#b].map((node, index) => this.#burst(node, 'ab'[index]!)));
    await clock.advance(2000);

    await this.#a.value('delete', { item: await this.#itemOf(this.#a, 'item a3') });
    await clock.advance(1000);

    await this.#a.value('disconnect');
    await clock.advance(1000);
    const attempt = this.#ephemerals.length;
    await this.#a.server.node!.connect();
    while (this.#ephemerals.length === attempt) await clock.advance(1);
    await clock.advance(cable.delayMs + 1);
    cable.drop();
    await clock.advance(10_000);

    await this.#loseAcknowledgements(3);
    await this.#damage();
  }

  async picture() {
    const { sessions, store, metrics, pending } = this.#relayParts!;
    const cursors = [...this.#a.events, ...this.#b.events].flatMap((event) =>
      event.event === 'acked' && event.cursor !== null ? [event.cursor] : [],
    );
    const page = await metrics.page({ connections: 0, groupsPresent: 0, blobs: 0, storageBytes: 0 });
    const rows = await this.#world.relayDatabase.read('test', (sql) => textsAtRelay(sql));
    const nodeLines = [...this.#a.logLines, ...this.#b.logLines];
    return {
      heldByA: await this.#held(this.#a),
      heldByB: await this.#held(this.#b),
      vectorOfA: await this.#vector(this.#a),
      vectorOfB: await this.#vector(this.#b),
      waiting: [await this.#pending(this.#a), await this.#pending(this.#b)],
      lowestCursor: Math.min(...cursors),
      cursorsGivenTwice: repeatsIn(cursors),
      relayGroups: (await store.statistics()).groups.length,
      sessions: sessions.all.length,
      pendingHandshakes: pending.count,
      descriptors: this.#descriptors,
      metricLabels: [...new Set([...page.matchAll(/[{,](\w+)="/g)].map((match) => match[1]!))],
      linesPastTheRelayLog: [...new Set(this.#relayLines.map(eventIn))],
      namesInRelayLog: deviceNames.filter((name) => this.#relayLines.join('\n').includes(name)).length,
      linesPastTheNodeLog: [...new Set(nodeLines.map(eventIn))].filter((event) => !Object.hasOwn(nodeLogEvents, event)),
      passphraseInNodeLog: nodeLines.join('\n').includes(passphrase),
      plaintextAtRelay: rows.payloads.some((text) => text.includes('item ')),
      namesAtRelay: deviceNames.filter((name) => rows.names.some((text) => text.includes(name))).length,
      dhKeysUsedTwice: repeatsIn(this.#ephemerals.map(({ dh }) => dh)),
      kemKeysUsedTwice: repeatsIn(this.#ephemerals.map(({ kem }) => kem)),
      outstanding: this.#outstanding,
    };
  }

  async #pair(): Promise<void> {
    await this.#world.startRelay(this.#relayChanges);
    for (const [index, node] of [this.#a, this.#b].entries()) {
      await node.restart({ changes: this.#nodeChanges });
      await node.value('init', { name: deviceNames[index] });
    }
    const { invite } = await this.#a.value('pair', { relays: [this.#world.relayAddress], passphrase });
    await this.#b.value('pair', { relays: ['relay:7000'], invite });
    for (const node of [this.#a, this.#b]) await this.#connect(node);
  }

  async #connect(node: TestNode): Promise<void> {
    await node.server.node!.connect();
    await this.#connected(node);
  }

  /** At the very moment, before what the node then sends has arrived. */
  async #connected(node: TestNode): Promise<void> {
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 1) {
      if ((await node.server.node!.status()).state === 'connected') return;
      await this.#world.clock.advance(1);
    }
    throw new Error('waited 60 s of virtual time for a connection');
  }

  /** All at once, without a moment between them. */
  async #burst(node: TestNode, letter: string): Promise<void> {
    for (let index = 0; index < burst; index += 1) await node.server.node!.push(bodyOf(`item ${letter}${index}`));
  }

  async #loseAcknowledgements(times: number): Promise<void> {
    const { clock, cable } = this.#world;
    await this.#connected(this.#a);
    await this.#a.server.node!.push(bodyOf('item unacknowledged'));
    for (let time = 0; time < times; time += 1) {
      await this.#connected(this.#a);
      cable.mutedNodes.add('relay');
      await clock.advance(4 * cable.delayMs);
      cable.drop();
      cable.mutedNodes.clear();
      await clock.advance(4 * cable.delayMs);
    }
    await clock.advance(20_000);
  }

  async #damage(): Promise<void> {
    const { clock } = this.#world;
    this.#hooks.arm('damage-items', { device: this.#b.server.node!.identity.id });
    await this.#a.server.node!.push(bodyOf('item damaged'));
    await clock.advance(2000);
    const whileDamaged = await this.#outstandingOf(this.#b);
    await this.#b.restart({ changes: this.#nodeChanges, storage: this.#b.home.copy() });
    const afterRestart = await this.#outstandingOf(this.#b);
    await clock.advance(2000);
    this.#hooks.arm('damage-items', { device: null });
    await clock.advance(30_000);
    this.#outstanding = { whileDamaged, afterRestart, inTheEnd: await this.#outstandingOf(this.#b) };
  }

  async #outstandingOf(node: TestNode): Promise<number> {
    return (await node.server.node!.status()).outstanding!.length;
  }

  /** Which texts it shows and how often; deleted ones are counted. */
  async #held(node: TestNode) {
    const texts = await node.texts();
    const live = texts.filter((text) => !text.startsWith('deleted '));
    return {
      live: live.length,
      different: new Set(live).size,
      deleted: texts.length - live.length,
      damaged: live.filter((text) => !/^item (a\d+|b\d+|unacknowledged|damaged)$/.test(text)).length,
    };
  }

  /** How far it counts the items of A and of B. */
  async #vector(node: TestNode): Promise<number[]> {
    const rows = await node.home.database.read('test', (sql) =>
      sql.all<{ author: string; sequence: number }>('SELECT author, sequence FROM vector'),
    );
    return [this.#a, this.#b].map(
      (author) => rows.find((row) => row.author === author.server.node!.identity.id)?.sequence ?? 0,
    );
  }

  async #pending(node: TestNode): Promise<number | null> {
    return (await node.server.node!.status()).pending;
  }

  async #itemOf(node: TestNode, text: string): Promise<string | undefined> {
    const rows = await node.server.node!.rows();
    return rows.find(({ body }) => body !== null && new TextDecoder().decode(body) === text)?.blobId;
  }

  #watchedRelay(parts: RelayParts): RelayParts {
    const openDescriptor = () => {
      this.#descriptors += 1;
      return {
        close: () => {
          this.#descriptors -= 1;
        },
      };
    };
    const { process } = parts.ports;
    const log = (line: string) => void this.#relayLines.push(line);
    return { ...parts, ports: { ...parts.ports, log, process: { ...process, openDescriptor } } };
  }

  /** Writes down the keys in each first message, as the wire has them. */
  readonly #watchedNode: NodeChange = (parts) => {
    const { dialer } = parts.ports;
    return {
      ...parts,
      ports: {
        ...parts.ports,
        dialer: {
          dial: (address, events) => {
            const connection = dialer.dial(address, events);
            let isFirst = true;
            const send = connection.send.bind(connection);
            connection.send = (bytes) => {
              if (isFirst) this.#ephemerals.push({ dh: fieldOf(bytes, 'e'), kem: fieldOf(bytes, 'kem-e') });
              isFirst = false;
              send(bytes);
            };
            return connection;
          },
        },
      },
    };
  };
}

function fieldOf(opening: Uint8Array, name: 'e' | 'kem-e'): string {
  const { offset, bytes } = handshakeField('hybrid', 'm1', name);
  const at = preambleBytes + recordPrefixBytes + offset;
  return toHex(opening.subarray(at, at + bytes));
}

function repeatsIn(values: readonly unknown[]): number {
  return values.length - new Set(values).size;
}

function bodyOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function eventIn(line: string): string {
  return (JSON.parse(line) as { event: string }).event;
}

function textsAtRelay(sql: Sql): { payloads: string[]; names: string[] } {
  const texts = (of: string) =>
    sql.all<{ bytes: Uint8Array }>(of).map(({ bytes }) => Buffer.from(bytes).toString('utf8'));
  return { payloads: texts('SELECT payload AS bytes FROM blobs'), names: texts('SELECT name AS bytes FROM devices') };
}
