import { pause } from '../../support/clock.ts';
import type { RelayStore } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const waitMs = 8000;

export const pagesAtACrawl: Defect = {
  name: 'pages-at-a-crawl',
  about:
    'The relay takes eight seconds for every page it is asked for, however little is in it: all arrives, on every device long after it was needed.',
  relay: withRelayStore(
    (base, { ports }) =>
      class extends base {
        override async pull(...args: Parameters<RelayStore['pull']>): ReturnType<RelayStore['pull']> {
          await pause(ports.clock, waitMs);
          return super.pull(...args);
        }
      },
  ),
};
