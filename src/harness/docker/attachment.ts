/** A container's standard streams, held open over the engine's API. */
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';

export interface Attachment {
  write(text: string): void;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  /** Resolves when the container's side has ended the streams. */
  readonly ended: Promise<void>;
  /** Lets go; the container goes on. */
  close(): void;
}

/** Attach before the container starts and no byte is lost. Ends with each stop of the container: attach again. */
export async function attach(docker: Docker, id: string): Promise<Attachment> {
  const stream = await docker
    .getContainer(id)
    .attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  return held(docker, stream);
}

/** A further process in a running container, with its streams. */
export async function execAttached(docker: Docker, id: string, command: readonly string[]): Promise<Attachment> {
  const exec = await docker.getContainer(id).exec({
    Cmd: [...command],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  return held(docker, await exec.start({ hijack: true, stdin: true }));
}

function held(docker: Docker, stream: NodeJS.ReadWriteStream): Attachment {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  docker.modem.demuxStream(stream, stdout, stderr);
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      stdout.end();
      stderr.end();
      resolve();
    };
    stream.once('end', end).once('close', end).once('error', end);
  });
  return {
    // Writing to a container that has gone gives no error, only silence; whoever asks has a time-out.
    write: (text) => {
      if (stream.writable) stream.write(text);
    },
    stdout,
    stderr,
    ended,
    close: () => (stream as NodeJS.ReadWriteStream & { destroy(): void }).destroy(),
  };
}
