import { expect, test } from '@jest/globals';
import { captured } from './record.test-support.ts';
import { roundTripsIn } from './wire-times.ts';

test('an error answers the oldest request, whatever that was, so that later answers find their own', () => {
  const up = (atMs: number, index: number, ...messages: string[]) => captured(atMs, 'a', 'up', index, 99, messages);
  const down = (atMs: number, index: number, ...messages: string[]) => captured(atMs, 'a', 'down', index, 99, messages);
  const records = [
    up(100, 0, 'PRESENCE'),
    up(200, 1, 'PULL'),
    up(300, 2, 'PRESENCE'),
    down(400, 0, 'NOTIFY', 'ERROR'),
    down(500, 1, 'ERROR'),
    down(600, 2, 'PRESENCE'),
    up(700, 3, 'PUSH'),
    down(800, 3, 'PUSH_ACK'),
    down(900, 4, 'ERROR'),
  ];
  const took = (requests: Parameters<typeof roundTripsIn>[1]) =>
    roundTripsIn(records, requests).map(({ tookMs }) => tookMs);
  expect(took(['PRESENCE'])).toEqual([300]);
  expect(took(['PRESENCE', 'PUSH'])).toEqual([300, 100]);
});
