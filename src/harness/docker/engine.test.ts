import { afterEach, describe, expect, test } from '@jest/globals';
import { EnvironmentError } from '../../support/errors.ts';
import { engineAnswers, engineCall, expectEngine, onHiccup, statusOf } from './engine.ts';
import { composeVersion } from './engine-facts.ts';
import { releaseSubnets, reserveSubnets } from './subnets.ts';

const { DOCKER_HOST, PATH } = process.env;
afterEach(() => {
  if (DOCKER_HOST === undefined) delete process.env.DOCKER_HOST;
  else process.env.DOCKER_HOST = DOCKER_HOST;
  process.env.PATH = PATH;
});

/** What dockerode throws for an answer that says no. */
const refusal = (statusCode: number) => Object.assign(new Error(`(HTTP code ${statusCode}) no`), { statusCode });

describe('an engine that cannot be used is named in one line with its cure', () => {
  test('none answers', async () => {
    process.env.DOCKER_HOST = 'unix:///nowhere/docker.sock';
    expect(await engineAnswers()).toBeNull();
    await expect(expectEngine()).rejects.toThrow(/none answers .*; start Docker, or run: npm run engine$/);
    await expect(expectEngine()).rejects.toBeInstanceOf(EnvironmentError);
  });

  test('it has no Compose', async () => {
    process.env.PATH = '/nowhere';
    await expect(composeVersion()).rejects.toThrow(/"docker compose version" does not answer; install Compose v2/);
    await expect(composeVersion()).rejects.toBeInstanceOf(EnvironmentError);
  });
});

describe('a call of the engine', () => {
  test('is tried again after a hiccup, and that is told', async () => {
    const heard: string[] = [];
    const stop = onHiccup((line) => heard.push(line));
    let calls = 0;
    const result = await engineCall('asking', async () => {
      calls += 1;
      if (calls === 1) throw refusal(503);
      if (calls === 2) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      return 'answer';
    });
    stop();
    expect(result).toBe('answer');
    expect(calls).toBe(3);
    expect(heard).toEqual(['asking: (HTTP code 503) no; trying again', 'asking: reset; trying again']);
  });

  test.each([404, 409, 500])(
    'is not tried again when it is refused with %i, and the status can be read',
    async (status) => {
      let calls = 0;
      const failed = await engineCall('asking', async () => {
        calls += 1;
        throw refusal(status);
      }).catch((error: unknown) => error);
      expect(calls).toBe(1);
      expect(failed).toBeInstanceOf(EnvironmentError);
      expect(statusOf(failed)).toBe(status);
    },
  );
});

describe('subnets of a stage', () => {
  /** An engine with these networks. */
  const engineWith = (...subnets: string[]) =>
    ({ listNetworks: async () => subnets.map((Subnet) => ({ IPAM: { Config: [{ Subnet }] } })) }) as never;

  test('are the first pair that nothing overlaps, and another for each stage of this process', async () => {
    const engine = engineWith('10.231.0.0/24', '10.231.3.0/25', 'fd00::/64');
    const one = await reserveSubnets(engine, { base: '10.231' });
    const two = await reserveSubnets(engine, { base: '10.231' });
    expect([one, two]).toEqual([
      { data: '10.231.4', control: '10.231.5' },
      { data: '10.231.6', control: '10.231.7' },
    ]);
    releaseSubnets(one);
    expect(await reserveSubnets(engine, { base: '10.231' })).toEqual(one);
    releaseSubnets(one);
    releaseSubnets(two);
  });

  test('that the engine refused are not offered again', async () => {
    const isRefused = ({ data }: { data: string }) => data === '10.231.0';
    const pair = await reserveSubnets(engineWith(), { base: '10.231', isRefused });
    expect(pair.data).toBe('10.231.2');
    releaseSubnets(pair);
  });

  test('of a base that is all taken fail with the cure', async () => {
    await expect(reserveSubnets(engineWith('10.231.0.0/16'), { base: '10.231' })).rejects.toThrow(
      /looking for two free .* in 10\.231\.0\.0\/16: all 128 pairs are taken; .*clean/,
    );
  });
});
