import type { Delay } from '../topology/topology.ts';

/** Of the packets that leave: the TCP port that names the link, as `LossRule` has it. */
export interface ScatterRule extends Delay {
  readonly port: { readonly side: 'source' | 'destination'; readonly number: number };
}

/** What one discipline can tell apart; the first band takes what no rule names. */
export const bandsMax = 16;
/** Packets that may be under way at once: a second of a full gigabit line. */
const packetsMax = 100_000;

/** Everything leaves by the first band, until a rule sends a port's packets through another. */
export function bandsCommand(device: string): string {
  const all = Array.from({ length: bandsMax }, () => 0).join(' ');
  return `tc qdisc add dev ${device} root handle 1: prio bands ${bandsMax} priomap ${all}`;
}

/** The packets of one port leave by this band, each after a time of its own. Bands count from 2. */
export function scatterCommand(device: string, band: number, { port, delayMs, jitterMs }: ScatterRule): string {
  const side = port.side === 'source' ? 'sport' : 'dport';
  const match = `match ip protocol 6 0xff match ip ${side} ${port.number} 0xffff`;
  return [
    `tc qdisc add dev ${device} parent 1:${band.toString(16)} netem limit ${packetsMax} delay ${delayMs}ms ${jitterMs}ms distribution normal`,
    `tc filter add dev ${device} parent 1: protocol ip prio ${band} u32 ${match} flowid 1:${band.toString(16)}`,
  ].join(' && ');
}

/** What left by the band leaves as before. */
export function gatherCommand(device: string, band: number): string {
  return `tc filter del dev ${device} parent 1: protocol ip prio ${band} u32 && tc qdisc del dev ${device} parent 1:${band.toString(16)}`;
}

/** Of the delays in `tc -j qdisc show`, the bands that have one. */
export function scatteredBands(listed: string): number[] {
  const disciplines = JSON.parse(listed) as { kind: string; parent?: string }[];
  return disciplines.flatMap(({ kind, parent }) =>
    kind === 'netem' ? [Number.parseInt(parent?.split(':')[1] ?? '0', 16)] : [],
  );
}
