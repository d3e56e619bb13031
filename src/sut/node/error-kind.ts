import { StorageError } from '../io/storage-error.ts';

/** What may be told of an unexpected error: its text could quote anything. */
export function errorKindOf(error: unknown): 'type' | 'range' | 'assert' | 'storage' | 'other' {
  if (error instanceof TypeError) return 'type';
  if (error instanceof RangeError) return 'range';
  if (error instanceof StorageError) return 'storage';
  return error instanceof Error && error.message.startsWith('assert: ') ? 'assert' : 'other';
}
