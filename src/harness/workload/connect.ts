import type { z } from 'zod';
import { nodeNames } from '../../contract/parameters.ts';
import type { Step } from './step.ts';

const parameters = nodeNames;

/** The nodes are told to connect; the step ends when each is connected, or gives up after 30 s. */
export const connect: Step<z.output<typeof parameters>> = {
  name: 'connect',
  about: 'The nodes are told to connect; ends when they are, or after 30 s.',
  parameters,
  async run(load, nodes) {
    await Promise.all(nodes.map((node) => load.connect(node)));
  },
};

/** The nodes are told to close their connection and stay away. */
export const disconnect: Step<z.output<typeof parameters>> = {
  name: 'disconnect',
  about: 'The nodes are told to close their connection and stay away.',
  parameters,
  async run(load, nodes) {
    await Promise.all(nodes.map((node) => load.disconnect(node)));
  },
};
