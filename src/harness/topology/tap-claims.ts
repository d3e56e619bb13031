/** What the tap strikes, holds back and mutes. */
import { assert } from '../../support/assert.ts';
import { pause } from '../../support/clock.ts';
import { until } from '../../support/until.ts';
import type { LinkStage } from './link-claims.ts';
import {
  connected,
  headCursor,
  holds,
  journal,
  nextEvent,
  pushed,
  restarted,
  striking,
  tellAnew,
  told,
} from './suite-steps.ts';

export function tapClaims(claim: (says: string, body: () => Promise<void>) => void, stage: () => LinkStage): void {
  claim('a record picked by size is cut at the byte asked for, and the tap says so at once', async () => {
    const { topology, a, b } = stage();
    const { heal, strikes, first } = await striking(topology, {
      action: 'cut',
      link: a,
      direction: 'up',
      nth: 1,
      minBytes: 30_000,
      bytes: 700,
    });
    const item = await pushed(topology, a, 200, 32_768);
    const strike = await first();
    assert(strike.bytesBefore > 32_768 && strike.bytesAfter === 700, '700 bytes of the record passed');
    const entry = (await journal(topology)).findLast(({ action }) => action === 'cut');
    assert(entry !== undefined && entry.rule === strike.rule, 'the journal has the strike');
    await holds(topology, b, item);
    assert(strikes.length === 1, 'the rule struck once');
    await heal();
  });

  claim('a push held half-way is not stored, and passes whole when it is let go', async () => {
    const { topology, a, b, group } = stage();
    const place = { link: a, direction: 'up', afterBytes: 200_000, minBytes: 30_000 } as const;
    const { heal, first } = await striking(topology, { action: 'hold', ...place });
    const before = await headCursor(topology, group);
    const item = await pushed(topology, a, 201, 400_000);
    const strike = await first();
    assert(strike.bytesAfter > 0 && strike.bytesAfter < strike.bytesBefore, 'the hold began inside a record');
    await pause(topology.clock, 500);
    assert((await headCursor(topology, group)) === before, 'the relay stored nothing meanwhile');
    const held = (await journal(topology)).filter(({ direction, link }) => direction === 'up' && link === a);
    assert(held.at(-1)?.action === 'hold', 'nothing followed it');
    await heal();
    await heal();
    await holds(topology, b, item);
    assert(
      (await journal(topology)).some(({ action }) => action === 'release'),
      'the rest of the record passed then',
    );
  });

  claim('a push that is held when its node or the relay is killed never passes', async () => {
    const { topology, a, b, group } = stage();
    for (const [number, victim] of [topology.node(a), topology.relay].entries()) {
      const crashed: Promise<void>[] = [];
      const { heal, first } = await striking(
        topology,
        { action: 'hold', link: a, direction: 'up', afterBytes: 200_000, minBytes: 30_000 },
        () => crashed.push(victim.crash()),
      );
      const before = await headCursor(topology, group);
      const item = await pushed(topology, a, 202 + number, 400_000);
      const { connection } = await first();
      await Promise.all(crashed);
      await heal();
      if (victim === topology.relay) await topology.relay.restart();
      await until(topology.clock, {
        what: 'the relay to have no session of the node',
        probe: () => topology.relay.stats(),
        holds: (stats) => stats !== null && stats.sessions.length <= 1,
        everyMs: 50,
        timeoutMs: 10_000,
      });
      const passed = (await journal(topology)).filter((entry) => entry.link === a && entry.connection === connection);
      assert(
        passed.findLast(({ direction }) => direction === 'up')?.action === 'hold',
        'nothing passed after the hold',
      );
      assert((await headCursor(topology, group)) === before, 'nothing of the push was stored');
      if (victim === topology.relay) for (const node of [a, b]) await tellAnew(topology, node);
      else await restarted(topology, a);
      await connected(topology, a);
      await holds(topology, b, item);
    }
  });

  claim('a muted answer is swallowed, and its connection closed when the rule is taken out', async () => {
    const { topology, a, b } = stage();
    const { heal, first } = await striking(topology, {
      action: 'mute',
      link: a,
      direction: 'up',
      nth: 1,
      minBytes: 30_000,
    });
    const item = await pushed(topology, a, 204, 32_768);
    const { connection, bytesBefore, bytesAfter } = await first();
    assert(bytesBefore === bytesAfter, 'the push passed whole');
    await holds(topology, b, item);
    await until(topology.clock, {
      what: 'an answer to be swallowed',
      probe: async () => (await journal(topology)).filter((entry) => entry.connection === connection).at(-1),
      holds: (last) => last?.action === 'drop' && last.direction === 'down' && last.bytesAfter === 0,
      everyMs: 20,
      timeoutMs: 10_000,
    });
    const { entries } = await told(topology, a, 'outbox', {});
    assert(
      entries.some((entry) => entry.item === item),
      'the node still waits for the acknowledgement',
    );
    const open = nextEvent(topology, a, (event) => event.event === 'state' && event.state !== 'connected');
    await heal();
    await open();
    await tellAnew(topology, a);
    await until(topology.clock, {
      what: 'the acknowledgement on a new connection',
      probe: async () => (await told(topology, a, 'outbox', {})).entries.length,
      holds: (pending) => pending === 0,
      everyMs: 20,
      timeoutMs: 10_000,
    });
  });
}
