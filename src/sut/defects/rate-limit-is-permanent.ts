import { errorCodes } from '../../contract/wire.ts';
import type { Defect } from './defect.ts';

export const rateLimitIsPermanent: Defect = {
  name: 'rate-limit-is-permanent',
  about:
    'A device takes “too many requests” for a refusal: what was saved in a hurry is never sent, and its other devices never see it.',
  node: (parts) => ({
    ...parts,
    outboxRules: {
      afterFailure: (failure) =>
        failure.code === errorCodes.RATE_LIMITED ? 'give-up' : parts.outboxRules.afterFailure(failure),
    },
  }),
};
