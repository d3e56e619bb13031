import { subscribe } from 'node:diagnostics_channel';

interface Failed {
  readonly error: Error & { readonly code?: string };
}

const causes = new Map<string, string>();

// Toxiproxy's client passes on only "fetch failed"; what came of the socket is told on these channels of Node's fetch.
subscribe('undici:request:error', (message) => {
  const { request, error } = message as Failed & { readonly request: { readonly origin: string } };
  causes.set(request.origin, textOf(error));
});
subscribe('undici:client:connectError', (message) => {
  const { connectParams, error } = message as Failed & { readonly connectParams: { readonly host: string } };
  causes.set(`http://${connectParams.host}`, textOf(error));
});

/** Why a request to this origin (`http://host:port`) failed last; null when none has. */
export function lastFetchFailure(origin: string): string | null {
  return causes.get(origin) ?? null;
}

function textOf({ code, message }: Failed['error']): string {
  return code === undefined || message.includes(code) ? message : `${code}, ${message}`;
}
