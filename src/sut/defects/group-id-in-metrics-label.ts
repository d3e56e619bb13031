import type { NewBlob, PushResult } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

export const groupIdInMetricsLabel: Defect = {
  name: 'group-id-in-metrics-label',
  about:
    'The relay counts pushes by group, with the group’s id as a label of its metrics: whoever reads the metrics sees which groups there are and how busy each is.',
  relay: withRelayStore((base, { metrics }) => {
    const pushes = metrics.registry.counter({
      name: 'sync_relay_group_pushes_total',
      help: 'Blobs stored, by group',
      labelNames: ['group'],
    });
    return class extends base {
      override async push(blob: NewBlob): Promise<PushResult> {
        const pushed = await super.push(blob);
        if (pushed.kind === 'stored') pushes.inc({ group: blob.groupId });
        return pushed;
      }
    };
  }),
};
