/** What the engine's kernel can do to packets, asked in a container that ends at once. */
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
    };
  } finally {
    await engineCall('removing the kernel probe', () => container.remove({ force: true }));
  }
}
