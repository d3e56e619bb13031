import type { NewBlob, PushResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const descriptorLeakedPerPush: Defect = {
  name: 'descriptor-leaked-per-push',
  about:
    'The relay opens a descriptor for each push and never closes it: after some thousand pushes it can accept no connection any more.',
  relay: withRelayStore(
    (base, { ports }) =>
      class extends base {
        override push(blob: NewBlob): Promise<PushResult> {
          ports.process.openDescriptor();
          return super.push(blob);
        }
      },
  ),
};
