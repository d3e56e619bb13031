import { describe, expect, test } from '@jest/globals';
import type { Arena, StageOptions, Topology } from '../topology/topology.ts';
import { StagePool, stageKind } from './stage-pool.ts';

const options: StageOptions = { topology: 'pair', profile: 'chaos', defects: [], image: 'test', seed: 'a' };

/** An arena whose stages only say what became of them. */
function recorder(isClean = () => true, stagesMax = 1) {
  const told: string[] = [];
  let opened = 0;
  const arena = {
    openStage: async (stage: StageOptions) => {
      opened += 1;
      const name = `${stage.topology}${opened}`;
      told.push(`open ${name}`);
      return {
        name,
        reset: async () => isClean(),
        stop: async () => void told.push(`stop ${name}`),
      } as unknown as Topology;
    },
  } as unknown as Arena;
  return { told, pool: new StagePool(arena, { stagesMax, wallMs: () => told.length }) };
}

const passing = async (topology: Topology) => ({ value: topology.name, reusable: true });

describe('the stage pool', () => {
  test('a stage that proved itself clean serves again, whatever the seed', async () => {
    const { told, pool } = recorder();
    expect(await pool.withStage(options, passing)).toBe('pair1');
    expect(await pool.withStage({ ...options, seed: 'b' }, passing)).toBe('pair1');
    await pool.close();
    expect(told).toEqual(['open pair1', 'stop pair1']);
  });

  test('a stage with a defect never serves the correct system', async () => {
    const { pool } = recorder();
    await pool.withStage({ ...options, defects: ['x'] }, passing);
    expect(await pool.withStage(options, passing)).toBe('pair2');
  });

  test('a stage that is not clean goes', async () => {
    const { told, pool } = recorder(() => false);
    await pool.withStage(options, passing);
    expect(await pool.withStage(options, passing)).toBe('pair2');
    expect(told).toEqual(['open pair1', 'stop pair1', 'open pair2', 'stop pair2']);
  });

  test('a trial that did not pass takes its stage with it, and so does one that throws', async () => {
    const { told, pool } = recorder();
    await pool.withStage(options, async () => ({ value: null, reusable: false }));
    const failing = pool.withStage(options, () => Promise.reject(new Error('engine gone')));
    await expect(failing).rejects.toThrow('engine gone');
    expect(told).toEqual(['open pair1', 'stop pair1', 'open pair2', 'stop pair2']);
  });

  test('several may be open at a time, and idle ones of other kinds make room', async () => {
    const { told, pool } = recorder(() => true, 2);
    const mitm = { ...options, topology: 'mitm' };
    await Promise.all([pool.withStage(options, passing), pool.withStage(options, passing)]);
    expect(pool.figures).toMatchObject({ opened: 2, most: 2 });
    expect([pool.hasIdle(stageKind(options)), pool.hasIdle(stageKind(mitm))]).toEqual([true, false]);
    expect(await pool.withStage(mitm, passing)).toBe('mitm3');
    expect(told).toEqual(['open pair1', 'open pair2', 'stop pair1', 'open mitm3']);
    expect(await Promise.all([pool.withStage(options, passing), pool.withStage(mitm, passing)])).toEqual([
      'pair2',
      'mitm3',
    ]);
  });

  test('a stage is opened anew after 25 trials, so that nothing piles up', async () => {
    const { told, pool } = recorder();
    for (let trial = 0; trial < 26; trial += 1) await pool.withStage(options, passing);
    expect(told).toEqual(['open pair1', 'stop pair1', 'open pair2']);
  });
});
