import { pause } from '../../support/clock.ts';
import type { RelayStore } from '../relay/relay-store.ts';
import { withRelayStore } from './change-store.ts';
import type { Defect } from './defect.ts';

const waitMs = 2500;

export const pagesAtACrawl: Defect = {
  name: 'pages-at-a-crawl',
  about:
    'The relay takes two and a half seconds for every page it is asked for, however little is in it: items come to every device long after they were needed.',
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
