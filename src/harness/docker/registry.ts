/** Whether the engine can have an image from its registry, asked without pulling it. */
import type Docker from 'dockerode';
import { messageOf } from '../../support/errors.ts';
import type { PinnedImage } from './image-pins.ts';

/** Either the image by tag and digest, or why it cannot be had. */
export type RegistryAnswer = { readonly reference: string } | { readonly missing: string };

/**
 * Asks the registry, through the engine, for the digest of an exact tag. A digest that was pinned wins over the answer.
 * A registry that is cut off by a firewall does not refuse, it stays silent: after the time-out it is not to be had.
 */
export async function askRegistry(
  docker: Docker,
  { image, digest }: PinnedImage,
  timeoutMs = 5000,
): Promise<RegistryAnswer> {
  const gaveUp = AbortSignal.timeout(timeoutMs);
  try {
    const found = await describe(docker, image, gaveUp);
    return { reference: `${image}@${digest ?? found}` };
  } catch (error) {
    if (gaveUp.aborted) return { missing: `no answer for ${image} within ${timeoutMs} ms` };
    const engineSays = /^\(HTTP code \d+\) [^-]*- /;
    return { missing: messageOf(error).replace(engineSays, '').trim() };
  }
}

// Not dockerode's image.distribution(): that takes no abort signal, and its open request would keep the process alive.
function describe(docker: Docker, image: string, abortSignal: AbortSignal): Promise<string> {
  const request = {
    path: `/distribution/${image}/json`,
    method: 'GET',
    abortSignal,
    statusCodes: { 200: true, 401: 'no such image', 403: 'not allowed', 404: 'no such image', 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(request, (error, answer) => {
      const { digest } = (answer as { Descriptor?: { digest?: string } } | null)?.Descriptor ?? {};
      if (digest === undefined) reject(error ?? new Error(`the registry names no digest for ${image}`));
      else resolve(digest);
    });
  });
}
