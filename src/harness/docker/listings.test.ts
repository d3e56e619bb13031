import { describe, expect, test } from '@jest/globals';
import { packetsOf, socketLines } from './capture-point.ts';
import { openSockets, parseSentBytes } from './link-bytes.ts';
import { logPieces } from './log-reader.ts';
import { bandsCommand, gatherCommand, scatterCommand, scatteredBands } from './scatter-commands.ts';
import { parseCounts, retransmittedIn, tbfRates } from './shaper.ts';
import { isSubnetTaken, overlap, rangeOf } from './subnets.ts';

describe('what kernel, proxy and engine print is read as it is meant', () => {
  test('loss rules of iptables', () => {
    const listed = `Chain INPUT (policy ACCEPT 5 packets, 300 bytes)
    pkts      bytes target     prot opt in     out     source               destination
     120     9000            tcp  --  *      *       10.222.0.11          0.0.0.0/0            tcp dpt:7001 /* relay-chaos-loss-1 */
      24     1800 DROP       tcp  --  *      *       10.222.0.11          0.0.0.0/0            tcp dpt:7001 /* relay-chaos-loss-1 */ statistic mode random probability 0.20000000019
       7      420            tcp  --  *      *       10.222.0.12          0.0.0.0/0            tcp dpt:7002 /* relay-chaos-loss-12 */`;
    expect(Object.fromEntries(parseCounts(listed))).toEqual({
      'loss-1': { packetsSeen: 120, packetsDropped: 24, runs: 0 },
      'loss-12': { packetsSeen: 7, packetsDropped: 0, runs: 0 },
    });
  });

  test('correlated loss rules of iptables', () => {
    const listed = `Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
     200    20000            tcp  --  *      *       10.222.0.11          0.0.0.0/0            tcp dpt:7001 /* relay-chaos-loss-1 */
      14     1400 CONNMARK   tcp  --  *      *       10.222.0.11          0.0.0.0/0            tcp dpt:7001 /* relay-chaos-loss-1-begins */ connmark match ! 0x1 statistic mode random probability 0.07500000019 CONNMARK set 0x2
      13     1300 CONNMARK   tcp  --  *      *       10.222.0.11          0.0.0.0/0            tcp dpt:7001 /* relay-chaos-loss-1-memory */ connmark match  0x1 statistic mode random probability 0.67499999981 CONNMARK and 0x0
      14     1400 CONNMARK   tcp  --  *      *       10.222.0.11          0.0.0.0/0            tcp dpt:7001 /* relay-chaos-loss-1-memory */ connmark match  0x2 CONNMARK set 0x1
      20     2000 DROP       tcp  --  *      *       10.222.0.11          0.0.0.0/0            tcp dpt:7001 /* relay-chaos-loss-1 */ connmark match  0x1`;
    expect(Object.fromEntries(parseCounts(listed))).toEqual({
      'loss-1': { packetsSeen: 200, packetsDropped: 20, runs: 14 },
    });
  });

  test('correlated loss rules of nft', () => {
    const listed = `table inet relay-chaos-loss-3 {
	chain in {
		type filter hook input priority filter; policy accept;
		ip saddr 127.0.0.1 tcp dport 7001 counter packets 200 bytes 20000
		ip saddr 127.0.0.1 tcp dport 7001 ct mark != 0x00000001 numgen random mod 2147483647 < 161061273 counter packets 14 bytes 1400 ct mark set 0x00000002 comment "begins"
		ip saddr 127.0.0.1 tcp dport 7001 ct mark 0x00000001 numgen random mod 2147483647 < 1449551461 ct mark set 0x00000000
		ip saddr 127.0.0.1 tcp dport 7001 ct mark 0x00000002 ct mark set 0x00000001
		ip saddr 127.0.0.1 tcp dport 7001 ct mark 0x00000001 counter packets 20 bytes 2000 drop
	}
}`;
    expect(Object.fromEntries(parseCounts(listed))).toEqual({
      'loss-3': { packetsSeen: 200, packetsDropped: 20, runs: 14 },
    });
  });

  test('loss rules of nft', () => {
    const listed = `table ip nat {
	chain OUTPUT {
		ip daddr 127.0.0.11 counter packets 9 bytes 90 jump DOCKER_OUTPUT
	}
}
table inet relay-chaos-loss-3 {
	chain in {
		type filter hook input priority filter; policy accept;
		ip saddr 10.222.0.11 tcp dport 7001 counter packets 50 bytes 5000
		ip saddr 10.222.0.11 tcp dport 7001 numgen random mod 2147483647 < 429496729 counter packets 11 bytes 1100 drop
	}
}`;
    expect(Object.fromEntries(parseCounts(listed))).toEqual({
      'loss-3': { packetsSeen: 50, packetsDropped: 11, runs: 0 },
    });
  });

  test('retransmissions of /proc/net/snmp', () => {
    const snmp = 'Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm InSegs OutSegs RetransSegs InErrs\nTcp: 1 600 400 37 0\n';
    expect(retransmittedIn(snmp)).toBe(37);
    expect(retransmittedIn('')).toBeNaN();
  });

  test('rates of tc', () => {
    const listed = `[{"kind":"noqueue","handle":"0:","dev":"lo","root":true,"refcnt":2,"options":{}},{"kind":"tbf","handle":"809a:","dev":"eth0","root":true,"refcnt":2,"options":{"rate":125,"burst":1600,"lat":511488000}}]`;
    expect(tbfRates(listed)).toEqual([125]);
    expect(tbfRates('[{"kind":"noqueue","handle":"0:","dev":"lo","root":true,"options":{}}]')).toEqual([]);
  });

  test('packets of /proc/net/dev, received and sent', () => {
    const listed = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:      10       1    0    0    0     0          0         0       10       1    0    0    0     0       0          0
  eth1:    1815      22    0    0    0     0          0         0      695       5    0    0    0     0       0          0`;
    expect(packetsOf(listed, 'eth1')).toBe(27);
    expect(packetsOf(listed, 'eth0')).toBeNaN();
  });

  test('sockets of /proc/net/tcp and tcp6', () => {
    const listed = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 00000000:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001
   1: 0A00DE0A:1B58 0200DE0A:C2F0 01 00000000:00000000 00:00000000 00000000 10001
   2: 0A00DE0A:1B58 0200DE0A:C2F2 08 00000000:00000000 00:00000000 00000000 10001`;
    expect(socketLines(listed)).toEqual([
      { port: 7000, state: '0A' },
      { port: 7000, state: '01' },
      { port: 7000, state: '08' },
    ]);
  });

  test('bytes of ended connections from Toxiproxy’s metrics, by link and direction', () => {
    const page = `# HELP toxiproxy_proxy_sent_bytes_total The total number of bytes sent
toxiproxy_proxy_received_bytes_total{direction="upstream",listener="[::]:7001",proxy="px-node-a",upstream="relay:7000"} 99
toxiproxy_proxy_sent_bytes_total{direction="downstream",listener="[::]:7001",proxy="px-node-a",upstream="relay:7000"} 7
toxiproxy_proxy_sent_bytes_total{direction="upstream",listener="[::]:7001",proxy="px-node-a",upstream="relay:7000"} 1.229e+03`;
    expect(Object.fromEntries(parseSentBytes(page))).toEqual({ 'node-a': { bytesUp: 1229, bytesDown: 7 } });
  });

  test('bytes of open connections from ss, repeated ones left out', () => {
    const listed = `0      0      [::ffff:10.223.0.2]:7001 [::ffff:10.223.0.11]:58320 bbr wscale:10,10 bytes_sent:900 bytes_retrans:100 bytes_acked:800 bytes_received:3 segs_out:1
0      0      10.223.1.2:8474 10.223.1.1:50504 bbr segs_out:1`;
    expect(openSockets(listed)).toEqual([
      { port: 7001, received: 3, sent: 800 },
      { port: 8474, received: 0, sent: 0 },
    ]);
  });

  test('a log line that the engine cut in two joins again without the time in between', () => {
    const frame = (stream: number, text: string) => {
      const header = Buffer.alloc(8);
      header[0] = stream;
      header.writeUInt32BE(Buffer.byteLength(text), 4);
      return Buffer.concat([header, Buffer.from(text)]);
    };
    const raw = Buffer.concat([
      frame(2, '2026-11-21T11:14:57.000000001Z first half, '),
      frame(2, '2026-11-21T11:14:57.000000002Z second half\n'),
      frame(1, '2026-11-21T11:14:57.000000003Z relay id\n'),
    ]);
    const pieces = logPieces(raw);
    const of = (stream: string) =>
      Buffer.concat(pieces.filter((piece) => piece.stream === stream).map(({ content }) => content)).toString();
    expect(of('stderr')).toBe('first half, second half\n');
    expect(of('stdout')).toBe('relay id\n');
    expect(pieces[2]?.time).toBe('2026-11-21T11:14:57.000000003Z');
  });

  test.each([
    ['10.222.0.0/24', '10.222.0.128/25', true],
    ['10.222.0.0/24', '10.222.1.0/24', false],
    ['10.0.0.0/8', '10.222.3.0/24', true],
    ['172.17.0.1/16', '172.17.255.0/24', true],
  ])('subnets %s and %s overlap: %s', (one, other, expected) => {
    expect(overlap(rangeOf(one), rangeOf(other))).toBe(expected);
    expect(overlap(rangeOf(other), rangeOf(one))).toBe(expected);
  });

  test('a subnet that somebody else has is known by the engine’s words', () => {
    expect(isSubnetTaken('failed to create network x: Pool overlaps with other one on this address space')).toBe(true);
    expect(isSubnetTaken('No such image: relay-chaos/sidecar:local')).toBe(false);
  });
});

test('packets of one port are scattered by a band of their own', () => {
  const rule = { port: { side: 'source', number: 7001 }, delayMs: 200, jitterMs: 150 } as const;
  expect(bandsCommand('eth0')).toBe(
    'tc qdisc add dev eth0 root handle 1: prio bands 16 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0',
  );
  expect(scatterCommand('eth0', 10, rule).split(' && ')).toEqual([
    'tc qdisc add dev eth0 parent 1:a netem limit 100000 delay 200ms 150ms distribution normal',
    'tc filter add dev eth0 parent 1: protocol ip prio 10 u32 match ip protocol 6 0xff match ip sport 7001 0xffff flowid 1:a',
  ]);
  expect(scatterCommand('eth0', 2, { ...rule, port: { side: 'destination', number: 7001 } })).toContain('dport 7001');
  expect(gatherCommand('eth0', 10).split(' && ')).toEqual([
    'tc filter del dev eth0 parent 1: protocol ip prio 10 u32',
    'tc qdisc del dev eth0 parent 1:a',
  ]);
  const listed = [{ kind: 'noqueue' }, { kind: 'prio', handle: '1:' }, { kind: 'netem', parent: '1:a' }];
  expect(scatteredBands(JSON.stringify(listed))).toEqual([10]);
});
