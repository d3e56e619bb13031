import { WaitError } from '../../support/until.ts';
import type { TrialContext } from './trial-context.ts';

export interface UntilAnnouncedOptions {
  /** Completes the sentence "waited for …". */
  readonly what: string;
  /** Looked at now and after each announcement of a node. */
  readonly holds: () => boolean;
  readonly timeoutMs: number;
  /** For the message when the time runs out. */
  readonly seen: () => unknown;
}

/** Waits for something that nodes announce: no polling, so that waiting costs nothing. Throws a WaitError. */
export function untilAnnounced({ clock, facts }: TrialContext, options: UntilAnnouncedOptions): Promise<void> {
  const { what, holds, timeoutMs, seen } = options;
  if (holds()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => {
      timer.cancel();
      facts.listeners.delete(listener);
      finish();
    };
    const timer = clock.setTimer(timeoutMs, () => end(() => reject(new WaitError(what, timeoutMs, seen()))));
    const listener = () => {
      if (holds()) end(resolve);
    };
    facts.listeners.add(listener);
  });
}
