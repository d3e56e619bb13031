import type { Defect } from './defect.ts';

export const backoffWithoutJitter: Defect = {
  name: 'backoff-without-jitter',
  about:
    'Every node waits exactly as long before each attempt: nodes that lost one relay together come back together, all at the same instant, and take it down again.',
  node: (parts) => {
    const { firstMs, maxMs } = parts.config.backoff;
    return { ...parts, retryDelayMs: (attempt) => Math.min(maxMs, firstMs * 2 ** (attempt - 1)) };
  },
};
