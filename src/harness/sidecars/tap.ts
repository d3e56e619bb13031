/**
 * The tap: a record-aware man in the middle between Toxiproxy and the relay, one port for each link.
 *
 *   node tap.ts --relay HOST:PORT --link node-a=7001 --link node-b=7002
 *
 * Driven over stdin and stdout, see tap-protocol.ts. Without anyone attached it passes everything on.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { messageOf } from '../../support/errors.ts';
import { systemClock } from '../../support/system-clock.ts';
import { TapDesk } from './tap-desk.ts';
import type { TapAnswer, TapStrike } from './tap-protocol.ts';
import { TapProxy } from './tap-proxy.ts';
import { TapRules } from './tap-rules.ts';

const { values } = parseArgs({
  options: { relay: { type: 'string', default: 'relay:7000' }, link: { type: 'string', multiple: true, default: [] } },
});
const [host, port] = values.relay.split(':') as [string, string];
const rules = new TapRules();
const proxies = values.link.map((text) => {
  const [link, own] = text.split('=') as [string, string];
  return new TapProxy({ link, port: Number(own), relay: { host, port: Number(port) }, rules, clock: systemClock });
});
try {
  for (const proxy of proxies) await proxy.listen();
} catch (error) {
  process.stderr.write(`tap: ${messageOf(error)}\n`);
  process.exit(2);
}
process.once('SIGTERM', () => process.exit(0));

const say = (message: TapAnswer | TapStrike) => process.stdout.write(`${JSON.stringify(message)}\n`);
const connections = () => proxies.reduce((sum, proxy) => sum + proxy.connections, 0);
const desk = new TapDesk(rules, connections, say);
createInterface({ input: process.stdin }).on('line', (line) => say(desk.answer(line)));
// Nobody at the other end of the streams is no reason to stop passing bytes on.
process.stdin.on('end', () => undefined);
