import { backoffMs } from '../core/backoff.ts';
import type { RandomSource } from '../io/ports.ts';
import type { NodeConfig } from './config.ts';

/** How long attempt `attempt` (from 1) waits, with a jitter drawn at each call. */
export function retryDelay(config: NodeConfig, random: RandomSource): (attempt: number) => number {
  return (attempt) => {
    const drawn = random.bytes(4);
    const draw = new DataView(drawn.buffer, drawn.byteOffset, drawn.length).getUint32(0);
    return backoffMs(attempt, draw, config.backoff);
  };
}
