import { request } from 'node:http';
import type { SweepEngine, SweptKind } from './sweep.ts';

const answerTimeoutMs = 30_000;

interface Listed {
  readonly Id?: string;
  readonly Name?: string;
}

/** The engine, over its Unix socket. */
export function socketEngine(socketPath: string): SweepEngine {
  return {
    async list(kind, label) {
      const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
      const path = kind === 'containers' ? `/containers/json?all=1&filters=${filters}` : `/${kind}?filters=${filters}`;
      const { status, body } = await ask(socketPath, 'GET', path);
      if (status !== 200) throw new Error(`listing ${kind}: the engine answered ${status}`);
      const read = JSON.parse(body) as readonly Listed[] | { readonly Volumes: readonly Listed[] | null };
      const all = 'Volumes' in read ? (read.Volumes ?? []) : read;
      return all.flatMap(({ Id, Name }) => Id ?? Name ?? []);
    },
    async remove(kind: SweptKind, id: string) {
      const path = `/${kind}/${encodeURIComponent(id)}${kind === 'containers' ? '?force=1&v=1' : ''}`;
      const { status } = await ask(socketPath, 'DELETE', path);
      if (status >= 500) throw new Error(`removing from ${kind}: the engine answered ${status}`);
    },
  };
}

function ask(socketPath: string, method: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, agent: false, timeout: answerTimeoutMs }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece: string) => {
        body += piece;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerTimeoutMs} ms`)));
    asked.on('error', reject);
    asked.end();
  });
}
