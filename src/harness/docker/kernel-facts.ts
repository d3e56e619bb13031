/** What the engine's kernel can do to packets, and its disk with writes, asked in a container that ends at once. */
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import { attach } from './attachment.ts';
import { engineCall, runLabel, statusOf } from './engine.ts';
import { bandsCommand, scatterCommand } from './scatter-commands.ts';
import { Shell } from './shell.ts';

export type LossMechanism = 'iptables-statistic' | 'nft-numgen';

export interface KernelFacts {
  readonly kernel: string;
  /** How packets are lost, at random and in runs; null: this kernel cannot. */
  readonly loss: LossMechanism | null;
  /** Whether packets of one port can be delayed each by itself (sch_netem behind sch_prio and a u32 filter). */
  readonly netem: boolean;
  readonly tbf: boolean;
  /** Whether `ss -K` can end another process's connections with a reset. */
  readonly endsSockets: boolean;
  readonly congestionControl: string;
  readonly cgroup: 'v1' | 'v2';
  /** What it takes until a volume's disk has 4 KiB, in milliseconds: the median of 20 writes. */
  readonly diskSyncMs: number;
}

const statistic =
  'iptables -w -A INPUT -p tcp -m comment --comment x -m connmark --mark 1 -m statistic --mode random --probability 0.5 -j CONNMARK --set-mark 2';
const numgen =
  "nft add table inet probe && nft 'add chain inet probe in { type filter hook input priority 0; }' && nft 'add rule inet probe in ct mark 1 numgen random mod 2 < 1 counter ct mark set 2'";

const scattering = [
  bandsCommand('lo'),
  scatterCommand('lo', 2, { port: { side: 'source', number: 1 }, delayMs: 2, jitterMs: 1 }),
].join(' && ');

/** `ss` prints the sockets that it has ended, and says nothing where it cannot. */
const endSocket = 'exec 9<>/dev/udp/127.0.0.1/9; ss -KHun dport = :9 | grep -q :9; s=$?; exec 9>&-; (exit $s)';

/**
 * What is still to be written goes first. Each prints how long it took: `4096 bytes … copied, 0.00123 s, 3.3 MB/s`; on a
 * disk that takes for ever fewer are asked.
 */
const syncedWrites = [
  'sync -f /data; end=$((SECONDS + 6))',
  'for _ in {1..20}; do',
  'LC_ALL=C dd if=/dev/zero of=/data/probe bs=4k count=1 conv=notrunc oflag=dsync 2>&1 | tail -n 1',
  '[ $SECONDS -lt $end ] || break; done',
].join('\n');

/** On a slower disk the waits for it hide the delays that scenarios order. */
export const diskSyncMsMax = 20;

/** Throws EnvironmentError where the engine's disk is too slow for what a run would say. */
export function expectFastDisk({ diskSyncMs }: Pick<KernelFacts, 'diskSyncMs'>): void {
  if (diskSyncMs <= diskSyncMsMax) return;
  throw new EnvironmentError(
    `asking the engine’s disk: it has 4 KiB after ${diskSyncMs} ms (median of 20), expected at most ${diskSyncMsMax} ms, else its waits hide the delays that scenarios order; let the engine keep its data on a solid-state disk (data-root in /etc/docker/daemon.json), or use --arena simulator`,
  );
}

/** The median of what `syncedWrites` printed, in milliseconds. Throws EnvironmentError for anything else. */
export function diskSyncMsOf(printed: string): number {
  const seconds = [...printed.matchAll(/copied, ([0-9.e-]+) s/g)]
    .map(([, number]) => Number(number))
    .toSorted((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)];
  if (median === undefined) {
    throw new EnvironmentError(
      `asking the engine’s disk: expected how long writes took, got ${JSON.stringify(printed.slice(0, 200))}`,
    );
  }
  return Math.round(median * 1e5) / 100;
}

/** What is slow for a moment only, beside other work, is asked a second time. */
async function diskSyncMs(write: () => Promise<string>): Promise<number> {
  const first = diskSyncMsOf(await write());
  return first <= diskSyncMsMax ? first : Math.min(first, diskSyncMsOf(await write()));
}

export async function askKernel(docker: Docker, options: { image: string; runId: string }): Promise<KernelFacts> {
  await docker
    .getImage(options.image)
    .inspect()
    .catch((error: unknown) => {
      if (statusOf(error) !== 404) throw error;
      throw new EnvironmentError(
        `asking the kernel what it can: image ${options.image} is missing; run: npm run images`,
      );
    });
  const container = await engineCall('probing the kernel', () =>
    docker.createContainer({
      Image: options.image,
      Entrypoint: ['bash'],
      OpenStdin: true,
      User: 'root',
      Labels: { [runLabel]: options.runId },
      HostConfig: {
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        CapAdd: ['NET_ADMIN'],
        ReadonlyRootfs: true,
        Tmpfs: { '/tmp': '', '/run': '' },
        Mounts: [
          {
            ...{ Type: 'volume', Source: '', Target: '/data' },
            VolumeOptions: {
              NoCopy: true,
              Labels: { [runLabel]: options.runId },
              DriverConfig: { Name: 'local', Options: {} },
            },
          },
        ],
        LogConfig: { Type: 'none', Config: {} },
      },
    }),
  );
  try {
    const shell = new Shell('the kernel probe', await attach(docker, container.id));
    await engineCall('probing the kernel', () => container.start());
    const can = async (command: string) => (await shell.run(command)).status === 0;
    const said = async (command: string) => (await shell.run(command)).stdout.toString('utf8').trim();
    const [hasStatistic, hasNumgen] = [await can(statistic), await can(numgen)];
    return {
      kernel: await said('uname -r'),
      loss: hasStatistic ? 'iptables-statistic' : hasNumgen ? 'nft-numgen' : null,
      netem: await can(`${scattering} && tc qdisc del dev lo root`),
      tbf: await can('tc qdisc add dev lo root tbf rate 8mbit burst 32kb latency 400ms && tc qdisc del dev lo root'),
      endsSockets: await can(endSocket),
      congestionControl: await said('cat /proc/sys/net/ipv4/tcp_congestion_control'),
      cgroup: (await can('test -e /sys/fs/cgroup/cgroup.controllers')) ? 'v2' : 'v1',
      diskSyncMs: await diskSyncMs(() => said(syncedWrites)),
    };
  } finally {
    await engineCall('removing the kernel probe', () => container.remove({ force: true, v: true }));
  }
}
