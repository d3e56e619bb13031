/**
 * Packet loss in one network namespace, from a sidecar that alone holds NET_ADMIN there.
 *
 * Packets are dropped where they arrive: a drop at the sender's own OUTPUT is reported to its TCP and is not loss.
 * Offloads are switched off on both ends first, else one "packet" is up to 64 KB.
 */
import { EnvironmentError } from '../../support/errors.ts';
import type { LossMechanism } from './kernel-facts.ts';
import { quoted, type Shell } from './shell.ts';

export interface LossRule {
  /** Of the segments: where they come from and go to. */
  readonly from: string;
  /** The TCP port that names the link: its own at the proxy, the proxy's at the node. */
  readonly port: { readonly side: 'source' | 'destination'; readonly number: number };
  /** Probability, 0 to 1. */
  readonly share: number;
}

export interface LossCount {
  readonly packetsSeen: number;
  readonly packetsDropped: number;
}

export class Shaper {
  readonly #shell: Shell;
  readonly #interface: string;
  readonly #mechanism: LossMechanism | null;
  /** Rules in force, in the order of the chain. */
  #rules: { readonly name: string; readonly rule: LossRule }[] = [];
  #past = new Map<string, LossCount>();
  #offloadUsers = 0;
  #offloadsBefore: string | null = null;
  #ruleCount = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(shell: Shell, networkInterface: string, mechanism: LossMechanism | null) {
    this.#shell = shell;
    this.#interface = networkInterface;
    this.#mechanism = mechanism;
  }

  /** `address` is the container's on the data network; its interface is looked up, names come and go. */
  static async open(shell: Shell, address: string, mechanism: LossMechanism | null): Promise<Shaper> {
    return new Shaper(shell, await interfaceOf(shell, address), mechanism);
  }

  /** Segments the namespace's TCP has sent again since it came into being (RetransSegs). */
  async retransmitted(): Promise<number> {
    return retransmittedIn(await this.#shell.expect('cat /proc/net/snmp'));
  }

  /** Each packet has a size of its own while at least one user holds this. */
  async holdOffloadsOff(): Promise<void> {
    await this.#inTurn(async () => {
      this.#offloadUsers += 1;
      if (this.#offloadUsers > 1) return;
      this.#offloadsBefore = await this.#shell.expect(
        `ethtool -k ${this.#interface} | grep -E ${quoted(offloadLines)}`,
      );
      await this.#shell.expect(`ethtool -K ${this.#interface} tso off gso off gro off`);
    });
  }

  async releaseOffloads(): Promise<void> {
    await this.#inTurn(async () => {
      this.#offloadUsers -= 1;
      if (this.#offloadUsers > 0 || this.#offloadsBefore === null) return;
      await this.#shell.expect(`ethtool -K ${this.#interface} ${offloadWords(this.#offloadsBefore)}`);
      this.#offloadsBefore = null;
    });
  }

  /** Answers the rule's name, to remove and count it by. */
  async addLoss(rule: LossRule): Promise<string> {
    const mechanism = this.#mechanism;
    if (mechanism === null) throw new EnvironmentError('losing packets: this kernel has neither statistic nor numgen');
    return this.#inTurn(async () => {
      this.#ruleCount += 1;
      const name = `loss-${this.#ruleCount}`;
      await this.#shell.expect(addCommand(mechanism, name, rule));
      this.#rules.push({ name, rule });
      return name;
    });
  }

  async removeLoss(name: string): Promise<void> {
    await this.#inTurn(async () => {
      this.#past.set(name, (await this.#counts()).get(name) ?? none);
      await this.#shell.expect(removeCommand(this.#mechanism!, name));
      this.#rules = this.#rules.filter((held) => held.name !== name);
    });
  }

  /** Of a rule in force or removed. */
  async count(name: string): Promise<LossCount> {
    return this.#inTurn(async () => this.#past.get(name) ?? (await this.#counts()).get(name) ?? none);
  }

  /** What of a trial is still in the namespace, by the kernel's own word; empty when nothing is. */
  async leftovers(): Promise<string[]> {
    if (this.#mechanism === null) return [];
    const listed = await this.#inTurn(() => this.#shell.expect(listCommand(this.#mechanism!)));
    const rules = [...new Set(listed.match(/relay-chaos-loss-\d+/g) ?? [])];
    return this.#offloadUsers === 0 ? rules : [...rules, 'offloads are off'];
  }

  async #counts(): Promise<Map<string, LossCount>> {
    return parseCounts(await this.#shell.expect(listCommand(this.#mechanism!)));
  }

  /** One change of the chain at a time: a count must not fall between a rule's end and its last reading. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

const none: LossCount = { packetsSeen: 0, packetsDropped: 0 };
const offloadLines = '^(tcp-segmentation-offload|generic-segmentation-offload|generic-receive-offload):';

/** The name of the interface that holds an IPv4 address. */
export async function interfaceOf(shell: Shell, address: string): Promise<string> {
  const listed = await shell.expect('ip -o -4 addr show');
  const line = listed.split('\n').find((each) => each.includes(` ${address}/`));
  const name = line?.split(/\s+/)[1];
  if (name === undefined) throw new EnvironmentError(`looking for the interface of ${address}: none holds it`);
  return name;
}

/** `iptables` counts in two rules, one that only counts and one that drops; nft in two counters. */
function addCommand(mechanism: LossMechanism, name: string, { from, port, share }: LossRule): string {
  const comment = `relay-chaos-${name}`;
  if (mechanism === 'iptables-statistic') {
    const match = `-p tcp -s ${from} --${port.side}-port ${port.number} -m comment --comment ${comment}`;
    return `iptables -w -A INPUT ${match} && iptables -w -A INPUT ${match} -m statistic --mode random --probability ${share} -j DROP`;
  }
  const match = `ip saddr ${from} tcp ${port.side === 'source' ? 'sport' : 'dport'} ${port.number}`;
  const limit = Math.round(share * 0x7fffffff);
  return [
    `nft add table inet ${comment}`,
    `nft ${quoted(`add chain inet ${comment} in { type filter hook input priority 0; }`)}`,
    `nft ${quoted(`add rule inet ${comment} in ${match} counter`)}`,
    `nft ${quoted(`add rule inet ${comment} in ${match} numgen random mod 2147483647 < ${limit} counter drop`)}`,
  ].join(' && ');
}

function removeCommand(mechanism: LossMechanism, name: string): string {
  const comment = `relay-chaos-${name}`;
  if (mechanism !== 'iptables-statistic') return `nft delete table inet ${comment}`;
  // By the kernel's own text of them, so that rounding of the probability cannot matter.
  return `iptables -w -S INPUT | grep -w ${comment} | sed 's/^-A/iptables -w -D/' | sh`;
}

function listCommand(mechanism: LossMechanism): string {
  return mechanism === 'iptables-statistic' ? 'iptables -w -nvxL INPUT' : 'nft list ruleset';
}

/** By rule name: the counting rule's packets and the dropping rule's. Reads both tools' listings. */
export function parseCounts(listed: string): Map<string, LossCount> {
  const counts = new Map<string, LossCount>();
  let table = '';
  for (const line of listed.split('\n')) {
    table = /^table inet relay-chaos-(loss-\d+) /.exec(line)?.[1] ?? (line.startsWith('table ') ? '' : table);
    const name = /relay-chaos-(loss-\d+)/.exec(line)?.[1] ?? table;
    const packets = /counter packets (\d+)/.exec(line)?.[1] ?? /^\s*(\d+)\s+\d+\s/.exec(line)?.[1];
    if (name === '' || packets === undefined) continue;
    const known = counts.get(name) ?? none;
    const isDrop = /\bdrop\b/i.test(line);
    counts.set(name, { ...known, [isDrop ? 'packetsDropped' : 'packetsSeen']: Number(packets) });
  }
  return counts;
}

/** RetransSegs of /proc/net/snmp: names in one line of `Tcp:`, values in the next. */
export function retransmittedIn(snmp: string): number {
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('RetransSegs')] ?? Number.NaN);
}

/** What `ethtool -k` said of the three offloads, as words for `ethtool -K`. */
function offloadWords(listed: string): string {
  const words = {
    'tcp-segmentation-offload': 'tso',
    'generic-segmentation-offload': 'gso',
    'generic-receive-offload': 'gro',
  };
  return Object.entries(words)
    .map(([line, word]) => `${word} ${listed.includes(`${line}: on`) ? 'on' : 'off'}`)
    .join(' ');
}
