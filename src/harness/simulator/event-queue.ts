import type { Timer } from '../../support/clock.ts';

/** What shall happen at a moment of virtual time, unless it is cancelled before. */
export class QueuedEvent implements Timer {
  readonly atUs: number;
  readonly sequence: number;
  #fire: (() => void) | null;

  constructor(atUs: number, sequence: number, fire: () => void) {
    this.atUs = atUs;
    this.sequence = sequence;
    this.#fire = fire;
  }

  get isCancelled(): boolean {
    return this.#fire === null;
  }

  fire(): void {
    this.#fire?.();
  }

  /** What it would have done is let go at once: most time-outs are cancelled long before their time. */
  cancel(): void {
    this.#fire = null;
  }
}

/** Events in order of time, those of one moment in the order they were added. A binary heap. */
export class EventQueue {
  readonly #heap: QueuedEvent[] = [];
  #sequence = 0;

  add(atUs: number, fire: () => void): QueuedEvent {
    const event = new QueuedEvent(atUs, this.#sequence++, fire);
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
    return event;
  }

  /** Takes the next event out, or null when there is none. */
  next(): QueuedEvent | null {
    for (let event = this.#pop(); event !== null; event = this.#pop()) {
      if (!event.isCancelled) return event;
    }
    return null;
  }

  #pop(): QueuedEvent | null {
    const heap = this.#heap;
    const top = heap[0];
    if (top === undefined) return null;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);
}
