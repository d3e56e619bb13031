/**
 * The client of that relay, driven over standard input and output. A push is answered once the relay has stored it, so
 * there is no outbox, nothing is numbered, and nothing is announced: what it holds is all it can tell.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { onLines } from './lines.mjs';

const path = '/var/lib/client/store.json';
const retryMs = 100;
let store = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
let relay = '';
let socket = null;
let state = 'disconnected';
let attempt = 0;
/** What waits for the relay's answer: item or ping to what answers its request. */
const waiting = new Map();

class Refusal extends Error {
  constructor(outcome, code, message) {
    super(message);
    Object.assign(this, { outcome, code });
  }
}

function save() {
  writeFileSync(`${path}.new`, JSON.stringify(store));
  renameSync(`${path}.new`, path);
}

function hold(item) {
  if (store.items.some(({ id }) => id === item.id)) return;
  store.items.push(item);
  save();
}

function open() {
  const [host, port] = relay.split(':');
  const current = dial(Number(port), host);
  socket = current;
  state = 'connecting';
  attempt += 1;
  current.write(`${JSON.stringify({ join: store.group })}\n`);
  onLines(current, (line) => {
    const { item, joined, stored, pong } = JSON.parse(line);
    if (item !== undefined) hold(item);
    if (joined !== undefined) state = 'connected';
    waiting.get(stored ?? pong)?.resolve();
  });
  current.on('error', (error) => console.error(error.code));
  current.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Refusal('unknown', 'LOST', 'the connection ended'));
    if (socket !== current) return;
    state = 'reconnecting';
    setTimeout(() => socket === current && open(), retryMs);
  });
}

/** Sends a message and waits for what the relay says to it. */
async function ask(message, key) {
  if (state !== 'connected') throw new Refusal('failed', 'NOT_CONNECTED', `the client is ${state}`);
  try {
    await new Promise((resolve, reject) => {
      waiting.set(key, { resolve, reject });
      socket.write(`${JSON.stringify(message)}\n`);
    });
  } finally {
    waiting.delete(key);
  }
}

const operations = {
  hello: () => ({
    contract: 1,
    operations: Object.keys(operations),
    ack: 'relay',
    live: true,
    payload: 'text',
    limits: { bodyBytesMax: 1_000_000 },
  }),
  init({ name }) {
    operations.disconnect();
    store = { device: randomUUID(), name, group: null, items: [] };
    save();
    return { device: store.device };
  },
  pair({ relays, invite }) {
    relay = relays[0];
    store.group = invite ?? randomUUID();
    save();
    return { group: store.group, invite: store.group };
  },
  reopen({ relays }) {
    relay = relays[0];
    return { device: store.device, group: store.group };
  },
  connect() {
    if (socket === null) open();
    return {};
  },
  disconnect() {
    const last = socket;
    socket = null;
    last?.destroy();
    state = 'disconnected';
    return {};
  },
  async push({ body }) {
    const text = Buffer.from(body, 'base64').toString('utf8');
    const item = { id: randomUUID(), group: store.group, author: store.device, text };
    await ask({ put: item }, item.id);
    hold(item);
    return { item: item.id, level: 'relay', sequence: null, cursor: null };
  },
  items: () => ({
    items: store.items.map(({ id, author, text }) => ({
      item: id,
      author,
      sequence: null,
      cursor: null,
      bytes: Buffer.byteLength(text),
      digest: createHash('sha256').update(text).digest('hex'),
      deleted: false,
    })),
  }),
  async ping() {
    const sentMs = performance.now();
    const key = randomUUID();
    await ask({ ping: key }, key);
    return { roundTripMs: performance.now() - sentMs };
  },
  status: () => ({ state, attempt, pending: null, cursor: null, vector: null, outstanding: null, terminalError: null }),
};

async function answer({ id, op, parameters }) {
  if (!Object.hasOwn(operations, op)) return { id, outcome: 'unsupported', code: 'UNSUPPORTED', message: op };
  try {
    return { id, outcome: 'ok', value: await operations[op](parameters) };
  } catch (error) {
    return { id, outcome: error.outcome ?? 'unknown', code: error.code ?? 'CRASHED', message: error.message };
  }
}

onLines(process.stdin, async (line) => console.log(JSON.stringify(await answer(JSON.parse(line)))));
