import type { NodeEvent } from '../../contract/control.ts';

type WithoutTime<E> = E extends unknown ? Omit<E, 'atMs'> : never;
/** An announcement before it is stamped. */
export type UntimedEvent = WithoutTime<NodeEvent>;

/** Takes a node's announcements to whoever listens, in order. */
export class EventHub {
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #wallMs: () => number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  emit(event: UntimedEvent): void {
    const stamped = { ...event, atMs: this.#wallMs() } as NodeEvent;
    for (const listener of this.#listeners) listener(stamped);
  }

  /** Returns what ends the listening. */
  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
