/** The run's lease on everything it makes: a small container that removes it all when this process is gone. */
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import { type Attachment, attach } from './attachment.ts';
import { engineCall, roleLabel, runLabel, statusOf } from './engine.ts';
import { readLines } from './lines.ts';
import { withinMs } from './within-ms.ts';

export interface Lease {
  /** Gives the lease back: what stands stays until it is taken down. Resolves when the reaper is gone. */
  release(): Promise<void>;
}

const readyWithinMs = 20_000;
const goneWithinMs = 20_000;

/** Taken before the first resource of the run is made. Its own container is the first that carries the run's label. */
export async function takeLease(docker: Docker, options: { runId: string; image: string }): Promise<Lease> {
  const { runId, image } = options;
  // Without DOCKER_HOST this is no path but a search; the engine's own host has the socket where it always is.
  const { socketPath } = docker.modem as { socketPath?: unknown };
  const socket = typeof socketPath === 'string' ? socketPath : '/var/run/docker.sock';
  const container = await engineCall('creating the reaper', () =>
    docker.createContainer({
      name: `relay-chaos-${runId}-reaper`,
      Image: image,
      Entrypoint: ['node', '/app/src/harness/sidecars/reaper.ts', runId],
      Labels: { [runLabel]: runId, [roleLabel]: 'reaper' },
      User: 'root',
      OpenStdin: true,
      // With StdinOnce the end of the one attachment is the end of its input; without, a dropped one ends nothing.
      StdinOnce: true,
      HostConfig: {
        AutoRemove: true,
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        ReadonlyRootfs: true,
        Memory: 256 * 1024 * 1024,
        PidsLimit: 64,
        Binds: [`${socket}:/var/run/docker.sock`],
      },
    }),
  );
  const attachment = await attach(docker, container.id);
  await engineCall('starting the reaper', () => container.start());
  await ready(attachment);
  return {
    async release() {
      attachment.write('release\n');
      await withinMs(
        goneWithinMs,
        container.wait({ condition: 'removed' }).catch((error: unknown) => {
          if (statusOf(error) !== 404) throw error; // Gone before the question came.
        }),
      );
      attachment.close();
    },
  };
}

async function ready(attachment: Attachment): Promise<void> {
  const said: string[] = [];
  const isReady = new Promise<void>((resolve, reject) => {
    readLines(attachment.stdout, { bytesMax: 1000, onLine: (line) => line === 'ready' && resolve() });
    readLines(attachment.stderr, { bytesMax: 10_000, onLine: (line) => said.push(line) });
    void attachment.ended.then(() => reject(new Error(`it ended at once: ${said.slice(-3).join(' | ')}`)));
  });
  await withinMs(readyWithinMs, isReady).catch((error: unknown) => {
    throw new EnvironmentError(
      `starting the reaper: ${(error as Error).message}; make the images anew with: npm run images`,
      { cause: error },
    );
  });
}
