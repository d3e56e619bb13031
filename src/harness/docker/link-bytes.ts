/** How many bytes each link has carried, connections that are still open included. */
import type { NodeName } from '../topology/topology.ts';
import type { Addresses } from './addresses.ts';
import type { Shell } from './shell.ts';
import type { ToxiproxyServer } from './toxiproxy-server.ts';

export interface LinkBytes {
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface LinkBytesOptions {
  readonly toxiproxy: ToxiproxyServer;
  /** In Toxiproxy's network namespace. */
  readonly shell: Shell;
  readonly addresses: Addresses;
  readonly nodes: readonly NodeName[];
}

/**
 * Toxiproxy adds a connection to its counters when it ends; until then the kernel knows what its socket has carried.
 * While a connection is ending it may show in both or in neither: read again when that matters.
 */
export async function readLinkBytes(options: LinkBytesOptions): Promise<ReadonlyMap<NodeName, LinkBytes>> {
  const { toxiproxy, shell, addresses, nodes } = options;
  const [ended, listed] = await Promise.all([
    toxiproxy.metrics().then(parseSentBytes),
    shell.expect('ss -tinHO state established'),
  ]);
  const open = openSockets(listed);
  return new Map(
    nodes.map((node) => {
      const sockets = open.filter(({ port }) => port === addresses.proxyPort(node));
      const done = ended.get(node) ?? { bytesUp: 0, bytesDown: 0 };
      return [
        node,
        {
          bytesUp: sockets.reduce((sum, socket) => sum + socket.received, done.bytesUp),
          bytesDown: sockets.reduce((sum, socket) => sum + socket.sent, done.bytesDown),
        },
      ];
    }),
  );
}

/** Lines such as `toxiproxy_proxy_sent_bytes_total{direction="upstream",…,proxy="px-node-a",…} 12`. */
export function parseSentBytes(page: string): ReadonlyMap<NodeName, LinkBytes> {
  const bytes = new Map<NodeName, LinkBytes>();
  for (const line of page.split('\n')) {
    const match = /^toxiproxy_proxy_sent_bytes_total\{(.*)\} (\S+)$/.exec(line);
    const node = match === null ? undefined : /proxy="px-([^"]*)"/.exec(match[1]!)?.[1];
    if (match === null || node === undefined) continue;
    const known = bytes.get(node) ?? { bytesUp: 0, bytesDown: 0 };
    const field = match[1]!.includes('direction="upstream"') ? 'bytesUp' : 'bytesDown';
    bytes.set(node, { ...known, [field]: known[field] + Number(match[2]) });
  }
  return bytes;
}

interface OpenSocket {
  /** Its own. */
  readonly port: number;
  readonly received: number;
  /** Without what was sent again. */
  readonly sent: number;
}

/** One line for each socket, as `ss -tinHO state established` prints it; a counter of 0 is not printed. */
export function openSockets(listed: string): OpenSocket[] {
  return listed.split('\n').flatMap((line) => {
    const port = /^\s*\d+\s+\d+\s+\S+:(\d+)\s/.exec(line)?.[1];
    const counter = (name: string) => Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0);
    if (port === undefined) return [];
    const sent = counter('bytes_sent') - counter('bytes_retrans');
    return [{ port: Number(port), received: counter('bytes_received'), sent }];
  });
}
