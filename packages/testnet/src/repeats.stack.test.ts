/**
 * On the whole platform, on the real servers: what a person asked for once is done once, however old the repeat. Commands come by sockets and by
 * HTTP; 50,000 messages of the same conversation lie between, and another owner that has seen none of them.
 */
import { randomUUID } from 'node:crypto';
import { Command } from '@clatter/contracts/messages';
import { createKafkaLog, type EventLog, kafkaConfig, kafkaConnection, recordHeaders, topics } from '@clatter/log';
import { createLogger, loadConfig, systemClock } from '@clatter/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClusterNet, RawSocket, until } from './index.ts';

const MESSAGES = 50_000;
/** Appended at a time. */
const CHUNK = 2000;

let net: ClusterNet;
let log: EventLog;
beforeAll(async () => {
  net = await ClusterNet.start({ counts: { gateway: 1, messages: 1 } });
  const config = loadConfig(kafkaConfig, net.kafkaEnv);
  log = createKafkaLog({
    connection: kafkaConnection(config, 'test'),
    prefix: config.CLATTER_KAFKA_PREFIX,
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  await until('Kafka', () => log.health().ok);
});
afterAll(async () => {
  await log?.close();
  await net?.[Symbol.asyncDispose]();
});

type Asks = () => Promise<unknown>;

it('a repeat behind 50,000 messages gets the first answer, also from an owner that has just come', async () => {
  const [alice, bob, carol] = await Promise.all([net.person('alice'), net.person('bob'), net.person('carol')]);
  const socket = await RawSocket.hello(net.url, alice.accessToken);
  let ref = 10;
  const frame = async (body: object): Promise<unknown> => {
    const of = ++ref;
    socket.send({ ref: of, ...body });
    const { ack, reject } = await socket.answer(of);
    return ack ? { seq: ack.seq } : reject;
  };
  const http = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await net.http(method, path, body, alice.accessToken);
    const { seq, invite } = answer.body ?? {};
    return { ok: answer.status < 300, seq, token: invite?.token };
  };

  const createId = randomUUID();
  const create = async (): Promise<string> => {
    const body = { kind: 'group', title: 'Team', memberIds: [], commandId: createId };
    const { body: answered } = await net.http('POST', '/v1/conversations', body, alice.accessToken);
    return answered.conversation.conversationId;
  };
  const conversationId = await create();
  const of = `/v1/conversations/${conversationId}`;
  const head = async (): Promise<number> => {
    const { body } = await net.http('GET', `${of}/events?limit=1`, undefined, alice.accessToken);
    return Number(body.events[0].seq);
  };
  const content = { text: { body: 'hello' } };
  /** Of a frame with an id: a first copy, marked since it may be one, and whatever may come of it later. */
  const frames = (body: (marks: object) => object): Asks[] => {
    const marked = { retry: true };
    return [marked, marked, { retry: true, knownSeq: '0' }, {}].map((marks) => () => frame(body(marks)));
  };
  const posted = (method: string, path: string, body: object): Asks[] => {
    const commandId = randomUUID();
    return [() => http(method, path, { ...body, commandId })];
  };
  const deleted = (path: string): Asks[] => {
    const commandId = randomUUID();
    return [() => http('DELETE', `${path}?commandId=${commandId}`)];
  };
  const ids = Array.from({ length: 5 }, () => randomUUID());
  const asks: Record<string, Asks[]> = {
    send: frames((marks) => ({ send: { conversationId, messageId: ids[0], content, ...marks } })),
    edit: frames((marks) => ({ edit: { conversationId, commandId: ids[1], seq: '2', content, ...marks } })),
    react: frames((marks) => ({ react: { conversationId, commandId: ids[2], seq: '2', emoji: '👍', ...marks } })),
    unreact: frames((marks) => ({
      react: { conversationId, commandId: ids[3], seq: '2', emoji: '👍', remove: true, ...marks },
    })),
    delete: frames((marks) => ({
      delete: { conversationId, commandId: ids[4], seq: '2', forEveryone: true, ...marks },
    })),
    add: posted('POST', `${of}/members`, { userIds: [bob.userId] }),
    promote: posted('PATCH', `${of}/members/${bob.userId}`, { role: 'admin' }),
    rename: posted('PATCH', of, { title: 'Crew' }),
    settings: posted('PATCH', of, { settings: { fullHistory: true } }),
    invite: posted('POST', `${of}/invites`, {}),
    ban: posted('POST', `${of}/bans`, { userId: carol.userId }),
    unban: deleted(`${of}/bans/${carol.userId}`),
    remove: deleted(`${of}/members/${bob.userId}`),
  };
  const firsts = new Map<string, unknown>();
  for (const [name, [first]] of Object.entries(asks)) {
    const before = await head();
    firsts.set(name, await first?.());
    expect(await head(), name).toBe(before + 1);
  }
  const again = async (): Promise<void> => {
    const before = await head();
    expect(await create()).toBe(conversationId);
    for (const [name, copies] of Object.entries(asks))
      for (const copy of copies) expect(await copy(), name).toEqual(firsts.get(name));
    expect(await head()).toBe(before);
  };
  await again();

  const producer = log.producer();
  const headers = recordHeaders('messages.v1.Command');
  const append = (): Promise<unknown> => {
    const fields = { conversationId, senderId: alice.userId, commandId: randomUUID(), receivedAtMs: Date.now() };
    const value = Command.encode({ ...fields, send: { content } });
    return producer.send(topics.commands.name, { key: conversationId, value, headers });
  };
  for (let sent = 0; sent < MESSAGES; sent += CHUNK) await Promise.all(Array.from({ length: CHUNK }, append));
  const before = 1 + firsts.size;
  await until('all messages to be stored', async () => (await head()) >= before + MESSAGES, 120_000);
  await again();
  const owner = net.cluster.process('messages-1');
  await owner.kill();
  await owner.start();
  await until('messages to serve again', async () => (await head().catch(() => 0)) > 0, 60_000);
  await again();
  socket.close();
});
