/** Makes sure that every image a stage needs is there, before anything is started. */
import type Docker from 'dockerode';
import { EnvironmentError, messageOf } from '../../support/errors.ts';
import type { SystemManifest } from '../topology/system.ts';
import { statusOf } from './engine.ts';
import { ensureImages, imageNames, imageTag } from './images.ts';

export const sidecarImage = imageTag('sidecar');
export const toxiproxyImage = imageTag('toxiproxy');

/** Ours are made, as a visible step, where they are missing or out of date; a system's own must be there. */
export async function expectImages(docker: Docker, system: SystemManifest, log: (line: string) => void): Promise<void> {
  const { test, release } = system.images;
  const wanted = new Set([sidecarImage, toxiproxyImage, test.relay, test.node, release.relay, release.node]);
  const ours = imageNames.filter((name) => wanted.has(imageTag(name)));
  await ensureImages({ names: ours, log, docker });
  for (const name of ours) wanted.delete(imageTag(name));
  for (const tag of wanted) {
    await docker
      .getImage(tag)
      .inspect()
      .catch((error: unknown) => {
        const what = statusOf(error) === 404 ? 'the engine does not have it' : messageOf(error);
        throw new EnvironmentError(
          `looking for image ${tag} of the system ${system.name}: ${what}; build or pull it, or correct ${system.folder}/system.yml`,
          { cause: error },
        );
      });
  }
}
