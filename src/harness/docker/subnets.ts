/** Which subnets a stage takes: the engine's own pools end at about 31 networks, so every stage names its two. */
import { networkInterfaces } from 'node:os';
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import type { StageSubnets } from './addresses.ts';
import { engineCall } from './engine.ts';

/** Range of addresses as numbers, both ends included. */
interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** Stages draw pairs of /24 networks from 10.222.0.0/16. */
export const defaultBase = '10.222';
const pairCount = 128;

/** Pairs that stages of this process hold or are about to take; the engine knows a network only once it is there. */
const reserved = new Set<string>();

/**
 * Reserves a pair that no network of the engine and no interface of this host overlaps. `isRefused` names pairs that
 * the engine refused although they looked free. Give it back with `releaseSubnets`.
 */
export async function reserveSubnets(
  docker: Docker,
  options: { readonly base?: string; readonly isRefused?: (pair: StageSubnets) => boolean } = {},
): Promise<StageSubnets> {
  const base = options.base ?? defaultBase;
  const taken = [...(await engineRanges(docker)), ...hostRanges()];
  for (let index = 0; index < pairCount; index += 1) {
    const pair = { data: `${base}.${2 * index}`, control: `${base}.${2 * index + 1}` };
    if (reserved.has(pair.data) || options.isRefused?.(pair) === true) continue;
    if ([pair.data, pair.control].some((prefix) => taken.some((range) => overlap(range, rangeOf(`${prefix}.0/24`))))) {
      continue;
    }
    reserved.add(pair.data);
    return pair;
  }
  throw new EnvironmentError(
    `looking for two free /24 networks in ${base}.0.0/16: all ${pairCount} pairs are taken; remove leftovers with: npm run chaos -- clean`,
  );
}

export function releaseSubnets(pair: StageSubnets): void {
  reserved.delete(pair.data);
}

/** Fails when not one pair is free, with the cure. */
export async function expectFreeSubnets(docker: Docker, base = defaultBase): Promise<void> {
  releaseSubnets(await reserveSubnets(docker, { base }));
}

/** How many pairs are free now, for the report. */
export async function freePairCount(docker: Docker): Promise<number> {
  const taken = [...(await engineRanges(docker)), ...hostRanges()];
  return Array.from({ length: pairCount }, (_, index) => rangeOf(`${defaultBase}.${2 * index}.0/23`)).filter(
    (range) => !taken.some((each) => overlap(range, each)),
  ).length;
}

/** The engine's words for a subnet that somebody else has. */
export function isSubnetTaken(message: string): boolean {
  return /overlaps with other one|address already in use|invalid pool request|already allocated/i.test(message);
}

async function engineRanges(docker: Docker): Promise<AddressRange[]> {
  const networks = await engineCall('listing networks', () => docker.listNetworks());
  return networks.flatMap(({ IPAM }) =>
    (IPAM?.Config ?? []).flatMap(({ Subnet }) => (isIpv4Subnet(Subnet) ? [rangeOf(Subnet)] : [])),
  );
}

function hostRanges(): AddressRange[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ cidr }) => (isIpv4Subnet(cidr) ? [rangeOf(cidr)] : [])),
  );
}

function isIpv4Subnet(text: string | null | undefined): text is string {
  return /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(text ?? '');
}

/** The addresses of `10.1.2.3/24`. */
export function rangeOf(subnet: string): AddressRange {
  const [address, bits] = subnet.split('/') as [string, string];
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}

export function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}
