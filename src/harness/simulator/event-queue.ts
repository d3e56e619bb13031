/** What shall happen at a moment of virtual time; `cancelled` events are left out. */
export interface QueuedEvent {
  readonly atUs: number;
  readonly sequence: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** Events in order of time, those of one moment in the order they were added. A binary heap. */
export class EventQueue {
  readonly #heap: QueuedEvent[] = [];
  #sequence = 0;

  add(atUs: number, fire: () => void): QueuedEvent {
    const event = { atUs, sequence: this.#sequence++, fire, cancelled: false };
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
      if (!event.cancelled) return event;
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
