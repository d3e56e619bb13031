import { backoffMs } from '../core/backoff.ts';
import type { NodeParts } from './parts.ts';

/** How long to wait before attempt `attempt` (from 1), with a jitter drawn now. */
export function retryDelayMs({ ports, config }: NodeParts, attempt: number): number {
  const drawn = ports.random.bytes(4);
  return backoffMs(attempt, new DataView(drawn.buffer, drawn.byteOffset).getUint32(0), config.backoff);
}
