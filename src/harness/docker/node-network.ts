/** A node's place on the data network: the network namespace it lives in, which a sidecar holds. */
import type Docker from 'dockerode';
import { EnvironmentError } from '../../support/errors.ts';
import type { Heal } from '../topology/topology.ts';
import type { CapturePoint } from './capture-point.ts';
import { engineCall } from './engine.ts';
import type { Shaper } from './shaper.ts';
import { once } from './toxiproxy-server.ts';

export interface NodeNetworkOptions {
  /** Id of the container that holds the namespace. */
  readonly holder: string;
  /** The Compose project, which the engine puts before its networks' names. */
  readonly project: string;
  readonly address: string;
  readonly shaper: Shaper;
  readonly capture: CapturePoint;
}

export class NodeNetwork {
  readonly #docker: Docker;
  readonly #options: NodeNetworkOptions;

  constructor(docker: Docker, options: NodeNetworkOptions) {
    this.#docker = docker;
    this.#options = options;
  }

  /** By the engine's word, without the project's name. */
  async names(): Promise<string[]> {
    const { holder, project } = this.#options;
    const { NetworkSettings } = await engineCall('inspecting a network namespace', () =>
      this.#docker.getContainer(holder).inspect(),
    );
    return Object.keys(NetworkSettings.Networks).map((name) => name.replace(`${project}_`, ''));
  }

  /** The interface goes away and with it the address; healing gives both back, the same address. */
  async detach(): Promise<Heal> {
    const { holder, project, address, shaper, capture } = this.#options;
    if ((await this.names()).length === 0) {
      throw new EnvironmentError(`detaching ${address}: it is on no network; heal the fault that took it away first`);
    }
    const network = this.#docker.getNetwork(`${project}_data`);
    await capture.suspend(() =>
      engineCall(`disconnecting ${address}`, () => network.disconnect({ Container: holder })),
    );
    return once(async () => {
      // Nothing may pass before the capture sees it.
      const endSilence = await shaper.silence();
      const EndpointConfig = { IPAMConfig: { IPv4Address: address } };
      await engineCall(`connecting ${address}`, () => network.connect({ Container: holder, EndpointConfig }));
      await shaper.switchOffOffloads();
      await capture.resume(address);
      await endSilence();
    });
  }
}
