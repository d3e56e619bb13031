/** Our own bug when it throws; the message says what must be true. */
export function assert(condition: unknown, mustBeTrue: string): asserts condition {
  if (!condition) throw new Error(`assert: ${mustBeTrue}`);
}
