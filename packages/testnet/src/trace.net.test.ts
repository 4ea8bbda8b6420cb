import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccountRecord } from '@clatter/contracts/auth';
import { Command, FeedRecord, Signal } from '@clatter/contracts/messages';
import type { Push } from '@clatter/contracts/notifications';
import { SessionRecord } from '@clatter/contracts/presence';
import { createEmbeddedLog, type LogRecord, openStorage, topics } from '@clatter/log';
import { createLogger, systemClock, traceIdOf } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { RawSocket, TestNet, until } from './index.ts';
import { PASSWORD } from './people.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const DELETION = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';

/** All records that a platform left in its folder. */
async function recordsIn(dir: string): Promise<LogRecord[]> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const storage = await openStorage({ dir, logger });
  const log = await createEmbeddedLog({ storage, clock: systemClock, logger });
  const records: LogRecord[] = [];
  const reader = log.consume({
    group: 'everything',
    topics: Object.values(topics).map(({ name }) => name),
    start: 'beginning',
    ephemeral: true,
    assign: async () => ({
      onBatch: async (batch) => void records.push(...batch),
      stop: async () => undefined,
    }),
  });
  await reader.ready();
  await reader.close();
  await log.close();
  await storage.close();
  return records;
}

const traced = (trace: string) => ({ traceparent: `00-${trace}-00f067aa0ba902b7-01` });
const traceOf = (record: LogRecord | undefined): string => traceIdOf(record?.headers.traceparent ?? '');

/** A call of HTTP as a caller that has a trace makes it. */
async function call(url: string, method: string, token: string, trace: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...traced(trace) },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
}

it('carries the trace of a message from its request or frame to the push', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-trace-'));
  try {
    let pushes: Push[] = [];
    const texts = ['by HTTP', 'by a frame'];
    {
      await using net = await TestNet.start({ CLATTER_DATA_DIR: dir });
      const [alice, bob] = await net.people('alice', 'bob');
      if (!alice || !bob) throw new Error('want two people');
      const { conversationId } = await alice.openDirect(bob.userId);
      await bob.close();
      const messages = `${net.url}/v1/conversations/${conversationId}/messages`;
      await call(messages, 'POST', alice.accessToken, TRACE, { content: { text: { body: texts[0] } } });
      const socket = await RawSocket.hello(net.url, alice.accessToken);
      const messageId = '0190a5c0-0000-4000-8000-000000000001';
      socket.send({ ref: 2, send: { conversationId, messageId, content: { text: { body: texts[1] } } } });
      expect((await socket.answer(2)).ack).toBeDefined();
      socket.send({ receipt: { conversationId, readSeq: '3' } });
      const toBob = async (): Promise<readonly Push[]> =>
        (await net.clatter.notifications.listOutbox({ userId: bob.userId })).items as readonly Push[];
      await until('both pushes', async () => (await toBob()).length === texts.length);
      pushes = [...(await toBob())];
      const { body } = await net.http('POST', '/v1/sessions', { login: 'bob', password: PASSWORD });
      await call(`${net.url}/v1/me`, 'DELETE', body.session.accessToken, DELETION);
      socket.close();
    }

    const records = await recordsIn(dir);
    const of = (topic: string): LogRecord[] => records.filter((record) => record.topic === topic);
    for (const { topic, headers } of records) {
      expect(headers, topic).toMatchObject({ schema: expect.stringMatching(/\.v1\./), rules: '1' });
      expect(headers.traceparent, topic).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    }
    const traces = texts.map((text) => {
      const command = of('clatter.commands').find(
        ({ value }) => Command.decode(value).send?.content?.text?.body === text,
      );
      const event = of('clatter.events').find(
        ({ value }) => FeedRecord.decode(value).event?.message?.content?.text?.body === text,
      );
      const push = pushes.find(({ body }) => body === text);
      // One and the same span id too: what is passed on is not changed on its way.
      expect(event?.headers.traceparent).toBe(command?.headers.traceparent);
      expect(push?.traceparent).toBe(command?.headers.traceparent);
      return traceOf(command);
    });
    expect(traces[0]).toBe(TRACE);
    expect(traces[1]).not.toBe(TRACE);
    const deleted = of('clatter.accounts').find(({ value }) => AccountRecord.decode(value).deleted);
    expect(traceOf(deleted)).toBe(DELETION);

    const signals = of('clatter.signals').map(({ value }) => Signal.decode(value));
    expect(signals.some(({ receipt }) => receipt?.readSeq === 3)).toBe(true);
    const sessions = of('clatter.sessions').map(({ value }) => SessionRecord.decode(value).change);
    expect(new Set(sessions)).toEqual(new Set(['CONNECTED', 'DISCONNECTED']));
    // None of those borrowed the trace of somebody's message.
    for (const record of [...of('clatter.signals'), ...of('clatter.sessions')])
      expect(traces).not.toContain(traceOf(record));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
