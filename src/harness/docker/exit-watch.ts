/** Listens to the engine for containers of one run that end. */
import type Docker from 'dockerode';
import { engineCall, runLabel } from './engine.ts';
import { readLines } from './lines.ts';

export interface ExitWatch {
  /** Calls back for each end of this container from now on; the returned function ends it. */
  on(containerId: string, died: (exitCode: string) => void): () => void;
  close(): void;
}

const eventBytesMax = 1024 * 1024;

export async function watchExits(docker: Docker, runId: string, log: (line: string) => void): Promise<ExitWatch> {
  const listeners = new Map<string, (exitCode: string) => void>();
  let isClosed = false;
  const stream = (await engineCall('listening to the engine’s events', () =>
    docker.getEvents({ filters: { type: ['container'], event: ['die'], label: [`${runLabel}=${runId}`] } }),
  )) as NodeJS.ReadableStream & { destroy(): void };
  readLines(stream as never, {
    bytesMax: eventBytesMax,
    onLine: (line) => {
      const { Actor } = JSON.parse(line) as { Actor?: { ID: string; Attributes: Record<string, string> } };
      if (Actor !== undefined) listeners.get(Actor.ID)?.(Actor.Attributes.exitCode ?? 'unknown');
    },
  });
  const onEnd = () => {
    if (!isClosed) log('docker: the engine’s event stream ended; ends of containers go unnoticed from here on');
  };
  stream.once('end', onEnd).once('error', onEnd);
  return {
    on(containerId, died) {
      listeners.set(containerId, died);
      return () => listeners.delete(containerId);
    },
    close() {
      isClosed = true;
      stream.destroy();
    },
  };
}
