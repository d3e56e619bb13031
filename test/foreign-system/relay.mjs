/**
 * A relay that has nothing in common with the reference: messages are lines of JSON in clear, items are lines of a text
 * file, and there are no numbers, no statistics, no pages and no sessions.
 */
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { onLines } from './lines.mjs';

const path = '/srv/store/items.txt';
const stored = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [''];
const torn = stored.pop(); // A crash in the middle of a line: that item was never acknowledged.
if (torn !== '') truncateSync(path, Buffer.byteLength(stored.map((line) => `${line}\n`).join('')));
const items = new Map(stored.map(JSON.parse).map((item) => [item.id, item]));
const file = await open(path, 'a');

/** The members of each group: what sends them a message. */
const groups = new Map();
/** Writes are one after the other, so that a line is never torn by another. */
let writing = Promise.resolve();

async function store(item) {
  await file.appendFile(`${JSON.stringify(item)}\n`);
  await file.datasync();
  items.set(item.id, item);
  console.log('stored an item');
}

createServer((socket) => {
  const send = (message) => socket.write(`${JSON.stringify(message)}\n`);
  let members = new Set();
  socket.on('error', () => socket.destroy());
  socket.on('close', () => members.delete(send));
  onLines(socket, (line) => {
    const { join, put, ping } = JSON.parse(line);
    if (join !== undefined) {
      members = groups.get(join) ?? new Set();
      groups.set(join, members.add(send));
      for (const item of items.values()) if (item.group === join) send({ item });
      send({ joined: join });
    } else if (put !== undefined) {
      writing = writing.then(async () => {
        if (!items.has(put.id)) await store(put);
        send({ stored: put.id });
        for (const member of groups.get(put.group) ?? []) if (member !== send) member({ item: put });
      });
    } else if (ping !== undefined) send({ pong: ping });
  });
}).listen(4400, () => console.log('listening'));
