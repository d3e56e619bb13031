/** A packet capture of one interface, from a sidecar in its network namespace. */
import { systemClock } from '../../support/system-clock.ts';
import { until, WaitError } from '../../support/until.ts';
import { interfaceOf } from './interface-of.ts';
import { quoted, type Shell } from './shell.ts';

export interface CapturedPackets {
  readonly point: string;
  /** The capture file. */
  readonly bytes: Uint8Array;
  /** At least so many packets passed the interface while the capture ran, by the kernel's counters. */
  readonly packetsCounted: number;
}

const file = '/tmp/capture.pcap';
const notes = '/tmp/tcpdump.err';
/** The discard port: nobody listens, and a packet to it disturbs nobody. */
const markPort = 9;
/** The kernel keeps room for whole offloaded packets of 64 KiB each: this is a thousand of them. */
const bufferKiB = 65_536;

export class CapturePoint {
  readonly point: string;
  readonly #shell: Shell;
  #interface: string;
  /** Where the marked packets go: any address on the data network but its own. */
  readonly #peer: string;
  /** Counted by the kernel before the capture that runs; null: none runs. */
  #packetsBefore: number | null = null;
  /** Of a capture whose interface went away. */
  #pieces: Uint8Array[] = [];
  #packetsInPieces = 0;
  #marks = 0;

  private constructor(point: string, shell: Shell, options: { networkInterface: string; peer: string }) {
    this.point = point;
    this.#shell = shell;
    this.#interface = options.networkInterface;
    this.#peer = options.peer;
  }

  static async open(point: string, shell: Shell, addresses: { own: string; peer: string }): Promise<CapturePoint> {
    const networkInterface = await interfaceOf(shell, addresses.own);
    return new CapturePoint(point, shell, { networkInterface, peer: addresses.peer });
  }

  /** Starts a new capture of whole packets and sends the mark through it. */
  async begin(mark: string): Promise<void> {
    this.#forget();
    await this.#start(`cat /proc/net/dev && ${this.#send(mark)}`);
  }

  /** Ends the capture once everything counted so far is in the file, and reads it. Null when none was begun. */
  async end(): Promise<CapturedPackets | null> {
    if (this.#packetsBefore !== null) await this.#endPiece();
    const [pieces, packetsCounted] = [this.#pieces, this.#packetsInPieces];
    this.#forget();
    return pieces.length === 0 ? null : { point: this.point, bytes: joinedPcap(pieces), packetsCounted };
  }

  /** Ends a capture that nobody will read. */
  async abandon(): Promise<void> {
    const isRunning = this.#packetsBefore !== null;
    this.#forget();
    if (isRunning) await this.#shell.run('kill -INT $capture; wait $capture');
  }

  /** `remove` takes the interface away; what passed it until then is kept, and `resume` goes on. */
  async suspend(remove: () => Promise<void>): Promise<void> {
    const before = this.#packetsBefore;
    const counters = await this.#shell.expect('cat /proc/net/dev');
    await remove();
    if (before === null) return;
    this.#packetsBefore = null;
    const told = await this.#shell.expect(
      [
        // It ends by itself, with all that passed the interface in the file.
        `for _ in {1..500}; do kill -0 $capture 2>/dev/null || break; sleep 0.004; done`,
        'kill -INT $capture 2>/dev/null; wait $capture; capture=',
        fileSize,
      ].join('\n'),
    );
    await this.#keepPiece(told, packetsOf(counters, this.#interface) - before);
  }

  /** The interface that holds `address` is there again. */
  async resume(address: string): Promise<void> {
    this.#interface = await interfaceOf(this.#shell, address);
    if (this.#pieces.length > 0) await this.#start('cat /proc/net/dev');
  }

  /**
   * Sockets of the namespace that wait for their own program to close them. Every orderly end passes through this state
   * for a moment, so only what stays in it for 10 s is counted.
   */
  async closeWait(): Promise<number> {
    const probe = async () => (await this.#sockets()).filter(({ state }) => state === closeWaitState).length;
    const holds = (count: number) => count === 0;
    try {
      return await until(systemClock, {
        what: 'no CLOSE_WAIT',
        probe,
        holds,
        everyMs: 50,
        timeoutMs: closeWaitWithinMs,
      });
    } catch (error) {
      if (error instanceof WaitError) return error.lastSeen as number;
      throw error;
    }
  }

  /** Open connections to this port of the namespace. */
  async established(port: number): Promise<number> {
    return (await this.#sockets()).filter((socket) => socket.state === establishedState && socket.port === port).length;
  }

  async #sockets(): Promise<SocketLine[]> {
    return socketLines(await this.#shell.expect('cat /proc/net/tcp /proc/net/tcp6'));
  }

  /** `counting` prints the kernel's counters once the capture listens. */
  async #start(counting: string): Promise<void> {
    // -U and immediate mode: each packet is in the file as soon as the kernel has it.
    const counters = await this.#shell.expect(
      [
        // The last one may still be on its way out.
        '[ -z "$capture" ] || wait $capture',
        `rm -f ${file} ${notes}`,
        `tcpdump -i ${this.#interface} -n -s 0 -U --immediate-mode -B ${bufferKiB} -Z root -w ${file} >/dev/null 2>${notes} & capture=$!`,
        `for _ in {1..1000}; do grep -q 'listening on' ${notes} && break; sleep 0.004; done`,
        `grep 'listening on' ${notes} >/dev/null || { cat ${notes} >&2; false; } && ${counting}`,
      ].join('\n'),
    );
    this.#packetsBefore = packetsOf(counters, this.#interface);
  }

  async #endPiece(): Promise<void> {
    const before = this.#packetsBefore!;
    this.#packetsBefore = null;
    this.#marks += 1;
    const last = `relay-chaos-end-${this.#marks}`;
    // The last packet is in the file, so all before it are. What the kernel could not hand to tcpdump is missing there and
    // stands in the counters.
    const told = await this.#shell.expect(
      [
        'cat /proc/net/dev',
        this.#send(last),
        `for _ in {1..500}; do tail -c 4096 ${file} | grep -qa ${last} && break; sleep 0.004; done`,
        fileSize,
        'kill -INT $capture',
      ].join('\n'),
    );
    await this.#keepPiece(told, packetsOf(told, this.#interface) - before);
  }

  /** `told` names the size of the file. */
  async #keepPiece(told: string, packetsCounted: number): Promise<void> {
    this.#pieces.push(await this.#shell.read([file], Number(/^file (\d+)$/m.exec(told)?.[1] ?? 0)));
    this.#packetsInPieces += packetsCounted;
  }

  #forget(): void {
    this.#packetsBefore = null;
    this.#pieces = [];
    this.#packetsInPieces = 0;
  }

  #send(text: string): string {
    return `printf %s ${quoted(text)} >/dev/udp/${this.#peer}/${markPort}`;
  }
}

/** Prints the size that the capture file has now. */
const fileSize = `echo "file $(wc -c <${file})"`;
const pcapHeaderBytes = 24;

/** Captures of one kind of interface, one after the other, as one file. */
function joinedPcap(pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces.map((piece, index) => (index === 0 ? piece : piece.subarray(pcapHeaderBytes))));
}

/** The kernel's TCP states as /proc/net/tcp writes them. */
const establishedState = '01';
const closeWaitState = '08';
const closeWaitWithinMs = 10_000;

interface SocketLine {
  /** Its own port. */
  readonly port: number;
  readonly state: string;
}

/** The sockets in the text of /proc/net/tcp or /proc/net/tcp6: `0: 0A01DE0A:1B58 … 01 …`. */
export function socketLines(listed: string): SocketLine[] {
  return listed.split('\n').flatMap((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    const port = /:([0-9A-F]{4})$/.exec(local ?? '')?.[1];
    return port === undefined || state === undefined ? [] : [{ port: Number.parseInt(port, 16), state }];
  });
}

/** Received and sent packets of one interface in the text of /proc/net/dev. */
export function packetsOf(listed: string, networkInterface: string): number {
  const line = listed.split('\n').find((each) => each.trim().startsWith(`${networkInterface}:`));
  const numbers = line?.split(':')[1]?.trim().split(/\s+/).map(Number) ?? [];
  return (numbers[1] ?? Number.NaN) + (numbers[9] ?? Number.NaN);
}
