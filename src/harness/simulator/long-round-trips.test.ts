import { expect, test } from '@jest/globals';
import { limits } from '../../contract/wire.ts';
import { formGroup, inState, told } from '../topology/suite-steps.ts';
import type { Topology } from '../topology/topology.ts';
import { openSimulator } from './simulated-arena.ts';

const node = 'node-a';
/** Two for the handshake, one for HELLO and WELCOME, all within the one time-out. */
const roundTripsToWelcome = 3;
const stepMs = 100;
const longestMs = 5000;

/** Whether the node is let in by its first attempt on a link of this round trip. */
async function isWelcomed(topology: Topology, roundTripMs: number): Promise<boolean> {
  const link = topology.link(node);
  await told(topology, node, 'disconnect', {});
  await inState(topology, node, (state) => state === 'disconnected');
  const shape = { delayMs: roundTripMs / 2, jitterMs: 0 };
  const delays = [await link.delay({ direction: 'up', ...shape }), await link.delay({ direction: 'down', ...shape })];
  let state = '';
  await told(topology, node, 'connect', {});
  await inState(topology, node, (now) => {
    state = now;
    return now === 'connected' || now === 'reconnecting';
  });
  for (const { heal } of delays) await heal();
  return state === 'connected';
}

test('from round trips of 0.1 s to those of 5 s the first time-out is where the configuration says', async () => {
  const arena = await openSimulator();
  const options = { topology: 'pair', profile: 'chaos', defects: [], image: 'test', seed: 'long' } as const;
  const topology = await arena.openStage(options);
  await topology.beginTrial({ mark: 'TestMark0123456789abcdef' });
  await formGroup(topology, [node]);
  const welcomed: number[] = [];
  const tried: number[] = [];
  for (let roundTripMs = stepMs; roundTripMs <= longestMs; roundTripMs += stepMs) {
    tried.push(roundTripMs);
    if (await isWelcomed(topology, roundTripMs)) welcomed.push(roundTripMs);
  }
  await topology.stop();
  await arena.close();
  const isInTime = (roundTripMs: number) => roundTripsToWelcome * roundTripMs < limits.handshakeTimeoutMs;
  expect(welcomed).toEqual(tried.filter(isInTime));
  expect(welcomed.length).toBeLessThan(tried.length);
});
