import { expect, test } from '@jest/globals';
import { ScenarioError } from '../../support/errors.ts';
import { parseRelayConfig } from './config.ts';

function problemsOf(tables: unknown): readonly string[] {
  try {
    parseRelayConfig('relay.toml', tables);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
}

test('an empty file gives the limits of the specification', () => {
  const config = parseRelayConfig('relay.toml', {});
  expect(config.blobBytesMax).toBe(1_048_576);
  expect(config.ttlSecondsDefault).toBe(604_800);
  expect(config.messagesPerMinute).toBe(100);
  expect(config.idleCutMs).toBe(20_000);
  expect(config.admin).toBe(false);
  expect(config.allowClassical).toBe(false);
});

test('a part of a table keeps the defaults of the rest', () => {
  const config = parseRelayConfig('relay.toml', {
    limits: { messages_per_minute: 0, connections_per_ip_exceptions: { '172.30.0.9': 64 } },
  });
  expect(config.messagesPerMinute).toBe(0);
  expect(config.connectionsPerAddressExceptions).toEqual({ '172.30.0.9': 64 });
  expect(config.connectionsPerAddress).toBe(10);
});

test('every problem of the file is reported at once, with file and key', () => {
  const problems = problemsOf({
    server: { bind: 'relay', max_conections: 5 },
    storage: { default_ttl: '7d', max_blob_size: 2_000_000 },
    limits: { idle_cut: 0, max_pull_limit: 1001 },
    push: { token: 1 },
    log: { level: 'verbose' },
  });
  expect(problems).toHaveLength(8);
  expect(problems).toContain('relay.toml: server.max_conections: expected no such key');
  expect(problems).toContain('relay.toml: push: expected no such key');
  expect(problems).toContain('relay.toml: server.bind: expected host:port, got "relay"');
  expect(problems.filter((problem) => problem.startsWith('relay.toml: storage.default_ttl: '))).toHaveLength(1);
  expect(problems.filter((problem) => problem.startsWith('relay.toml: log.level: '))).toHaveLength(1);
});
