/**
 * What the kernel does to packets and sockets of one network namespace, from a sidecar that alone holds NET_ADMIN there.
 *
 * Packets are dropped where they arrive: a drop at the sender's own OUTPUT is reported to its TCP and is not loss.
 * Offloads are off on both ends from the start, else one "packet" is up to 64 KB, in the loss and in the captures.
 */
import { EnvironmentError } from '../../support/errors.ts';
import { lossChances } from '../topology/loss-chances.ts';
import type { Loss } from '../topology/topology.ts';
import { interfaceOf } from './interface-of.ts';
import type { LossMechanism } from './kernel-facts.ts';
import {
  bandsCommand,
  bandsMax,
  gatherCommand,
  type ScatterRule,
  scatterCommand,
  scatteredBands,
} from './scatter-commands.ts';
import { quoted, type Shell } from './shell.ts';

export interface LossRule extends Loss {
  /** Of the segments: where they come from and go to. */
  readonly from: string;
  /** The TCP port that names the link: its own at the proxy, the proxy's at the node. */
  readonly port: { readonly side: 'source' | 'destination'; readonly number: number };
}

export interface LossCount {
  readonly packetsSeen: number;
  readonly packetsDropped: number;
  readonly runs: number;
}

/** Bytes that leave at once when a rate is set: one full packet. The queue behind it holds some forty more. */
const burstBytes = 1600;
const queueBytes = 65_536;
/** A victim may be back between the end of its connection and the look whether any is left. */
const resetTriesMax = 5;

export class Shaper {
  readonly #shell: Shell;
  readonly #address: string;
  readonly #mechanism: LossMechanism | null;
  /** What rules had counted when they were removed or changed. */
  readonly #past = new Map<string, LossCount>();
  readonly #counts = new SharedReading<Map<string, LossCount>>();
  readonly #retransmitted = new SharedReading<number>();
  readonly #bands = new Set<number>();
  #ruleCount = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(shell: Shell, address: string, mechanism: LossMechanism | null) {
    this.#shell = shell;
    this.#address = address;
    this.#mechanism = mechanism;
  }

  /** Switches the offloads of the interface that holds `address` off, for as long as the namespace is there. */
  static async open(shell: Shell, address: string, mechanism: LossMechanism | null): Promise<Shaper> {
    const shaper = new Shaper(shell, address, mechanism);
    await shaper.switchOffOffloads();
    return shaper;
  }

  /** Again, when the interface was gone and has come back. */
  async switchOffOffloads(): Promise<void> {
    await this.#shell.expect(`ethtool -K ${await interfaceOf(this.#shell, this.#address)} tso off gso off gro off`);
  }

  /** No packet enters or leaves the namespace, through whatever interface; the returned function ends it. */
  async silence(): Promise<() => Promise<void>> {
    if (this.#mechanism === null) return async () => undefined;
    const { begin, end } = silencing[this.#mechanism];
    await this.#inTurn(() => this.#shell.expect(begin));
    return async () => void (await this.#inTurn(() => this.#shell.expect(end)));
  }

  /** Segments the namespace's TCP has sent again since it came into being (RetransSegs). */
  retransmitted(): Promise<number> {
    return this.#retransmitted.read(async () => retransmittedIn(await this.#shell.expect('cat /proc/net/snmp')));
  }

  /** Answers the rule's name, to remove and count it by. */
  async addLoss(rule: LossRule): Promise<string> {
    const mechanism = this.#mechanism;
    if (mechanism === null) throw new EnvironmentError('losing packets: this kernel has neither statistic nor numgen');
    return this.#inTurn(async () => {
      this.#ruleCount += 1;
      const name = `loss-${this.#ruleCount}`;
      await this.#shell.expect(addCommand(mechanism, name, rule));
      return name;
    });
  }

  /** Its counts go on from where they were. */
  async changeLoss(name: string, rule: LossRule): Promise<void> {
    const mechanism = this.#mechanism!;
    await this.#inTurn(() => this.#replace(name, addCommand(mechanism, name, rule)));
  }

  async removeLoss(name: string): Promise<void> {
    await this.#inTurn(() => this.#replace(name, 'true'));
  }

  /** Of a rule in force or removed. */
  async count(name: string): Promise<LossCount> {
    const counts = await this.#readCounts();
    return counts.get(name) ?? this.#past.get(name) ?? none;
  }

  /** Names of the rules in force, by the kernel's own word. */
  async losses(): Promise<string[]> {
    return this.#mechanism === null ? [] : [...(await this.#readCounts()).keys()];
  }

  /** All that the namespace sends leaves no faster, one packet at a time; the returned function ends it. */
  async holdEgress(bytesPerSecond: number): Promise<() => Promise<void>> {
    const device = await interfaceOf(this.#shell, this.#address);
    const rate = `rate ${Math.round(8 * bytesPerSecond)}bit burst ${burstBytes} limit ${queueBytes}`;
    await this.#shell.expect(`tc qdisc add dev ${device} root tbf ${rate}`);
    return async () => void (await this.#shell.expect(`tc qdisc del dev ${device} root`));
  }

  /** The rates in force, in bytes per second, by the kernel's own word. */
  async egressRates(): Promise<number[]> {
    return tbfRates(await this.#shell.expect('tc -j qdisc show'));
  }

  /** Packets of a port that leave are scattered in time, until `gather`. Answers the band they leave by. */
  scatter(rule: ScatterRule): Promise<number> {
    return this.#inTurn(async () => {
      const device = await interfaceOf(this.#shell, this.#address);
      const free = Array.from({ length: bandsMax - 1 }, (_, index) => index + 2).find((band) => !this.#bands.has(band));
      if (free === undefined) throw new EnvironmentError(`scattering packets: all ${bandsMax - 1} bands are in use`);
      const begin = this.#bands.size === 0 ? [bandsCommand(device)] : [];
      await this.#shell.expect([...begin, scatterCommand(device, free, rule)].join(' && '));
      this.#bands.add(free);
      return free;
    });
  }

  async gather(band: number): Promise<void> {
    await this.#inTurn(async () => {
      const device = await interfaceOf(this.#shell, this.#address);
      const isLast = this.#bands.size === 1;
      await this.#shell.expect(isLast ? `tc qdisc del dev ${device} root` : gatherCommand(device, band));
      this.#bands.delete(band);
    });
  }

  /** By which packets are scattered now, by the kernel's own word. */
  async scattered(): Promise<number[]> {
    return scatteredBands(await this.#shell.expect('tc -j qdisc show'));
  }

  /** Ends the TCP connections that `ss` finds by this filter: both sides of each see a reset. */
  async resetConnections(filter: string): Promise<void> {
    const established = `-Htn state established ${quoted(filter)}`;
    for (let tries = 0; tries < resetTriesMax; tries += 1) {
      const left = await this.#shell.expect(`ss -K ${established} > /dev/null; ss ${established}`);
      if (left.trim() === '') return;
    }
    throw new EnvironmentError('resetting connections: they are still there; this kernel cannot end sockets');
  }

  /** What of a trial is still in the namespace, by the kernel's own word; empty when nothing is. */
  async leftovers(): Promise<string[]> {
    const [losses, rates, bands] = await Promise.all([this.losses(), this.egressRates(), this.scattered()]);
    return [
      ...losses.map((name) => `${this.#address} has ${name}`),
      ...rates.map((rate) => `${this.#address} is held to ${rate} bytes a second`),
      ...bands.map((band) => `${this.#address} scatters packets in band ${band}`),
    ];
  }

  /** Of the rules in force, what they had counted before a change included. */
  #readCounts(): Promise<Map<string, LossCount>> {
    return this.#counts.read(() =>
      this.#inTurn(async () => this.#withPast(await this.#shell.expect(listCommand(this.#mechanism!)))),
    );
  }

  #withPast(listed: string): Map<string, LossCount> {
    const counts = [...parseCounts(listed)];
    return new Map(counts.map(([name, count]) => [name, sum(this.#past.get(name) ?? none, count)]));
  }

  /** Reads a rule for the last time, takes it out, and runs `next`: in one command, because each costs its while. */
  async #replace(name: string, next: string): Promise<void> {
    const mechanism = this.#mechanism!;
    const listed = await this.#shell.expect(
      `${listCommand(mechanism)} && ${removeCommand(mechanism, name)} && ${next}`,
    );
    this.#past.set(name, this.#withPast(listed).get(name) ?? this.#past.get(name) ?? none);
  }

  /** One change of the chain at a time: a count must not fall between a rule's end and its last reading. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

const silencing: Readonly<Record<LossMechanism, { readonly begin: string; readonly end: string }>> = {
  'iptables-statistic': {
    begin: 'iptables -w -I INPUT -j DROP && iptables -w -I OUTPUT -j DROP',
    end: 'iptables -w -D INPUT -j DROP && iptables -w -D OUTPUT -j DROP',
  },
  'nft-numgen': {
    begin: [
      'nft add table inet relay-chaos-silence',
      ...['input', 'output'].map(
        (hook) =>
          `nft ${quoted(`add chain inet relay-chaos-silence ${hook} { type filter hook ${hook} priority -1; policy drop; }`)}`,
      ),
    ].join(' && '),
    end: 'nft delete table inet relay-chaos-silence',
  },
};

/** One reading for all who ask at the same moment. */
class SharedReading<T> {
  #next: Promise<T> | null = null;

  read(now: () => Promise<T>): Promise<T> {
    this.#next ??= Promise.resolve().then(() => {
      this.#next = null;
      return now();
    });
    return this.#next;
  }
}

const none: LossCount = { packetsSeen: 0, packetsDropped: 0, runs: 0 };

function sum(one: LossCount, other: LossCount): LossCount {
  return {
    packetsSeen: one.packetsSeen + other.packetsSeen,
    packetsDropped: one.packetsDropped + other.packetsDropped,
    runs: one.runs + other.runs,
  };
}

/** `iptables` counts in two rules, one that only counts and one that drops; nft in two counters. */
function addCommand(mechanism: LossMechanism, name: string, { from, port, ...loss }: LossRule): string {
  const comment = `relay-chaos-${name}`;
  if (mechanism === 'iptables-statistic') {
    const rule = (suffix: string, rest: string) =>
      `iptables -w -A INPUT -p tcp -s ${from} --${port.side}-port ${port.number} -m comment --comment ${comment}${suffix}${rest}`;
    return [rule('', ''), ...iptablesDrops(loss).map(([suffix, rest]) => rule(suffix, ` ${rest}`))].join(' && ');
  }
  const match = `ip saddr ${from} tcp ${port.side === 'source' ? 'sport' : 'dport'} ${port.number}`;
  return [
    `nft add table inet ${comment}`,
    `nft ${quoted(`add chain inet ${comment} in { type filter hook input priority 0; }`)}`,
    ...['counter', ...nftDrops(loss)].map((rest) => `nft ${quoted(`add rule inet ${comment} in ${match} ${rest}`)}`),
  ].join(' && ');
}

/*
 * Correlated loss remembers in the mark of a connection that its packet before was dropped: 1. A run may begin (2, which
 * becomes 1) before one may end (0), so that no packet does both.
 */

/** What the rules that drop add to the comment, and the rest of each. */
function iptablesDrops(loss: Loss): (readonly [suffix: '' | '-begins' | '-memory', rest: string])[] {
  const by = (chance: number) => `-m statistic --mode random --probability ${chance}`;
  if (loss.share === 0) return [];
  if (loss.correlation === undefined) return [['', `${by(loss.share)} -j DROP`]];
  const { afterPassed, afterDropped } = lossChances(loss);
  return [
    ['-begins', `-m connmark ! --mark 1 ${by(afterPassed)} -j CONNMARK --set-mark 2`],
    ['-memory', `-m connmark --mark 1 ${by(1 - afterDropped)} -j CONNMARK --set-mark 0`],
    ['-memory', '-m connmark --mark 2 -j CONNMARK --set-mark 1'],
    ['', '-m connmark --mark 1 -j DROP'],
  ];
}

function nftDrops(loss: Loss): string[] {
  // All of them is no matter of chance, and nft refuses a limit that is the modulus.
  const by = (chance: number) =>
    chance === 1 ? '' : `numgen random mod 2147483647 < ${Math.round(chance * 0x7fffffff)} `;
  if (loss.share === 0) return [];
  if (loss.correlation === undefined) return [`${by(loss.share)}counter drop`];
  const { afterPassed, afterDropped } = lossChances(loss);
  return [
    `ct mark != 1 ${by(afterPassed)}counter ct mark set 2 comment "begins"`,
    `ct mark 1 ${by(1 - afterDropped)}ct mark set 0`,
    'ct mark 2 ct mark set 1',
    'ct mark 1 counter drop',
  ];
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

/** By rule name: packets of the rule that counts, the one that drops, and the one that begins a run of drops. */
export function parseCounts(listed: string): Map<string, LossCount> {
  const counts = new Map<string, LossCount>();
  let table = '';
  for (const line of listed.split('\n')) {
    table = /^table inet relay-chaos-(loss-\d+) /.exec(line)?.[1] ?? (line.startsWith('table ') ? '' : table);
    const name = /relay-chaos-(loss-\d+)/.exec(line)?.[1] ?? table;
    const packets = /counter packets (\d+)/.exec(line)?.[1] ?? /^\s*(\d+)\s+\d+\s/.exec(line)?.[1];
    if (name === '' || packets === undefined || line.includes('-memory')) continue;
    const known = counts.get(name) ?? none;
    const field = /\bdrop\b/i.test(line) ? 'packetsDropped' : /\bbegins\b/.test(line) ? 'runs' : 'packetsSeen';
    counts.set(name, { ...known, [field]: Number(packets) });
  }
  return counts;
}

/** Of the token bucket filters in `tc -j qdisc show`, in bytes per second. */
export function tbfRates(listed: string): number[] {
  const disciplines = JSON.parse(listed) as { kind: string; options?: { rate?: number } }[];
  return disciplines.flatMap(({ kind, options }) => (kind === 'tbf' && options?.rate ? [options.rate] : []));
}

/** RetransSegs of /proc/net/snmp: names in one line of `Tcp:`, values in the next. */
export function retransmittedIn(snmp: string): number {
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('RetransSegs')] ?? Number.NaN);
}
