import type { DeviceId } from '../core/ids.ts';
import type { MessageOf } from '../core/messages.ts';
import type { Page } from './relay-store.ts';

/** Builds answers from what the store found. */
export class Responses {
  /** The answer for this device; an empty page settles nothing beyond where it was asked from. */
  pullResponse(_deviceId: DeviceId, page: Page, afterCursor: number): MessageOf<'PULL_RESPONSE'> {
    return {
      type: 'PULL_RESPONSE',
      blobs: page.blobs,
      hasMore: page.hasMore,
      maxCursor: page.blobs.at(-1)?.cursor ?? afterCursor,
    };
  }
}
