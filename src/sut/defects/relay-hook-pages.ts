import { ScenarioError } from '../../support/errors.ts';
import type { Page, PageSource } from '../io/http-pages.ts';
import type { RelayHooks } from './relay-hooks.ts';

/** `POST /admin/hook` with `{ name, parameters }` arms a hook, `GET /admin/handshake-secrets` shows what was exported. */
export function relayHookPages(hooks: RelayHooks): PageSource {
  return async ({ method, path, body }) => {
    if (path === '/admin/handshake-secrets' && method === 'GET') {
      return json(200, { handshakes: hooks.handshakeSecrets() });
    }
    if (path !== '/admin/hook') return null;
    if (method !== 'POST') return json(405, { message: `hook: expected POST, got ${method}` });
    return armed(hooks, body);
  };
}

async function armed(hooks: RelayHooks, body: Uint8Array): Promise<Page> {
  try {
    const { name, parameters } = orderIn(body);
    return json(200, await hooks.arm(name, parameters));
  } catch (error) {
    if (error instanceof ScenarioError) return json(400, { message: error.message });
    throw error;
  }
}

interface Order {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

function orderIn(body: Uint8Array): Order {
  const order = parsed(body);
  const { name, parameters = {} } = isRecord(order) ? order : {};
  if (typeof name === 'string' && isRecord(parameters)) return { name, parameters };
  throw new ScenarioError('hook: expected a body such as {"name":"damage-items","parameters":{"device":null}}');
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function json(status: number, value: unknown): Page {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}
