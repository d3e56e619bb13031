import { createHook } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';

type Functions = Record<string, unknown>;

/** Everything through which the machine's time or chance could reach a trial, by the object it belongs to. */
const forbidden: readonly (readonly [string, Functions, readonly string[]])[] = [
  ['Date', Date as unknown as Functions, ['now']],
  ['Math', Math as unknown as Functions, ['random']],
  ['performance', performance as unknown as Functions, ['now']],
  ['process', process as unknown as Functions, ['hrtime', 'nextTick', 'uptime']],
  ['global', globalThis as unknown as Functions, ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']],
  ['crypto', globalThis.crypto as unknown as Functions, ['getRandomValues', 'randomUUID']],
  [
    'node:crypto',
    createRequire(import.meta.url)('node:crypto') as Functions,
    [
      'randomBytes',
      'randomFill',
      'randomFillSync',
      'randomInt',
      'randomUUID',
      'generateKey',
      'generateKeySync',
      'generateKeyPair',
      'generateKeyPairSync',
      'encapsulate',
      'argon2',
      'hkdf',
      'pbkdf2',
      'scrypt',
    ],
  ],
];

/** The jobs of the synchronous forms of what is forbidden above: they are over when the call returns. */
const synchronousJobs = new Set(['ARGON2REQUEST', 'DERIVEBITSREQUEST']);

/** Makes everything forbidden throw, and notes every asynchronous resource that is not a promise. */
export class Guard {
  /** Runs `work` and restores all; throws when something other than a promise was made meanwhile. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const resources = new Set<string>();
    const hook = createHook({
      init(_id, type) {
        if (type !== 'PROMISE' && !synchronousJobs.has(type)) resources.add(type);
      },
    });
    const restore = forbid();
    hook.enable();
    let result: T;
    try {
      result = await work();
    } finally {
      hook.disable();
      restore();
    }
    if (resources.size > 0) throw new Error(`asynchronous resources other than promises: ${[...resources].join()}`);
    return result;
  }
}

function forbid(): () => void {
  const kept = forbidden.flatMap(([owner, object, names]) =>
    names.map((name) => {
      const original = object[name];
      const thrower = () => {
        throw new Error(`${owner}.${name} was called during a simulated trial`);
      };
      Object.defineProperty(object, name, { value: thrower, configurable: true, writable: true });
      return () => Object.defineProperty(object, name, { value: original, configurable: true, writable: true });
    }),
  );
  const dateOf = globalThis.Date;
  globalThis.Date = new Proxy(dateOf, {
    construct(target, parameters: readonly number[]) {
      if (parameters.length === 0) throw new Error('new Date() was called during a simulated trial');
      return new target(...(parameters as [number]));
    },
  });
  syncBuiltinESMExports();
  return () => {
    for (const restore of kept) restore();
    globalThis.Date = dateOf;
    syncBuiltinESMExports();
  };
}
