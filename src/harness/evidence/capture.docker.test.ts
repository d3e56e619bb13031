import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from '@jest/globals';
import { messageTypes } from '../../contract/wire.ts';
import { Prng } from '../../support/prng.ts';
import { ensureImages, imageTag } from '../docker/images.ts';
import { prepareSearch } from './canary-search.ts';
import { readCapture } from './capture.ts';
import { decodePacket } from './packet.ts';
import { readPcap } from './pcap.ts';
import { envelope, frame, testSession } from './traffic-for-tests.ts';

const mark = 'MarkOfTheTester1';
const canary = Buffer.from('a canary of the content');

/** Sends the conversation over loopback with small packets, some of them dropped, and prints what tcpdump saw. */
const script = `
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
const { up, down, mark, device } = JSON.parse(readFileSync(0, 'utf8'), (key, value) => key === 'up' || key === 'down' ? Buffer.from(value, 'base64') : value);
execFileSync('ip', ['link', 'set', 'lo', 'mtu', '1500']);
execFileSync('ethtool', ['-K', 'lo', 'tso', 'off', 'gso', 'off', 'gro', 'off']);
execFileSync('iptables', ['-A', 'INPUT', '-p', 'tcp', '--dport', '4433', '-m', 'statistic', '--mode', 'random', '--probability', '0.05', '-j', 'DROP']);
// Without -s the kernel's ring has room for 128 packets of 'any', and a machine that is late for as long as it takes to send
// those loses the rest, the mark among them; with packets of 1,500 bytes it has room for 32,000.
const tcpdump = spawn('tcpdump', ['-Z', 'root', '-i', device, '-s', '2000', '-U', '--immediate-mode', '-B', '65536', '-w', '/tmp/seen.pcap']);
for await (const line of tcpdump.stderr) if (String(line).includes('listening on')) break;
const server = createServer({ allowHalfOpen: true }, (socket) => { socket.resume().on('end', () => socket.end(down)); });
server.listen(4433, '127.0.0.1');
await once(server, 'listening');
const socket = connect({ port: 4433, host: '127.0.0.1', allowHalfOpen: true });
socket.end(up);
await once(socket.resume(), 'end');
createSocket('udp4').send(mark, 9, '127.0.0.1');
const deadline = Date.now() + 20000;
while (!readFileSync('/tmp/seen.pcap').includes(mark)) {
  if (Date.now() > deadline) throw new Error('the marked packet was not captured');
  await new Promise((resolve) => setTimeout(resolve, 20));
}
tcpdump.kill('SIGINT');
await once(tcpdump, 'exit');
process.stdout.write(readFileSync('/tmp/seen.pcap').toString('base64'), () => process.exit());
`;

beforeAll(async () => {
  await ensureImages({ names: ['sidecar'], log: (line) => process.stderr.write(`${line}\n`) });
}, 600_000);

test.each(['lo', 'any'])('tcpdump on %s: a session over a lossy path is put together and opened', (device) => {
  const session = testSession(new Prng(`tcpdump ${device}`));
  const push = frame(envelope(messageTypes.PUSH, Buffer.concat([new Prng('body').bytes(60_000), canary])));
  const pushes = Array.from({ length: 5 }, () => session.up.seal(push));
  const up = Buffer.concat([session.handshakeUp, ...pushes]);
  const ack = session.down.seal(frame(envelope(messageTypes.PUSH_ACK, Buffer.alloc(20))));
  const down = Buffer.concat([session.handshakeDown, ack]);

  const words = ['run', '-i', '--rm', '--network', 'none', '--label', 'relay-chaos.run=evidence-test'];
  const rights = ['--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', '--cap-add', 'NET_RAW', '--user', '0'];
  const program = ['--entrypoint', 'node', imageTag('sidecar'), '--input-type=module', '--eval', script];
  const printed = execFileSync('docker', [...words, ...rights, ...program], {
    input: JSON.stringify({ up: up.toString('base64'), down: down.toString('base64'), mark, device }),
    encoding: 'latin1',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 90_000,
  });
  const bytes = Buffer.from(printed, 'base64');
  const reading = readCapture(
    { kind: 'pcap', point: 'node-a', bytes, packetsCounted: null },
    { relayPorts: [4433], framing: 'records-u16', sessionKeys: [session.keys], mark },
  );

  expect(reading.problems).toEqual([]);
  expect(reading.unopenedRecords).toBe(0);
  expect(reading.capture).toMatchObject({ openedSessions: 1, opaqueSessions: 0, markFound: true });
  // Dropped packets came again, so more was seen than was sent; the marked packet's refusal (ICMP) is in both.
  const sent = up.length + down.length + mark.length;
  const file = readPcap(bytes);
  const seen = file.packets.map(
    (packet) => decodePacket(file.linkType, packet.atMs, packet.bytes)?.payload.length ?? 0,
  );
  expect(seen.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(sent);
  expect(reading.raw.bytes.length).toBeGreaterThanOrEqual(sent);
  expect(reading.raw.bytes.length).toBeLessThan(sent + 1000);
  expect(reading.capture.records).toHaveLength(2 + 5 + 2 + 1);
  expect(reading.capture.records.at(-1)).toMatchObject({ direction: 'down', messages: ['PUSH_ACK'] });
  const search = prepareSearch([{ label: 'content', bytes: canary }], mark);
  expect(search.search(reading.raw)).toMatchObject({ markFound: true, hits: [] });
  expect(search.search(reading.frames!).hits).toHaveLength(1);
});
