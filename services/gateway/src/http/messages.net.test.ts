/** Messages over HTTP. */
import { naughtyStrings } from '@clatter/wire/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fits, HttpNet } from '../test/http-net.ts';
import { idOf } from '../test/test-gateway.ts';
import * as answers from './answers.ts';

let net: HttpNet;
beforeAll(async () => {
  net = await HttpNet.start();
});
afterAll(() => net?.end());

describe('messages', () => {
  test('a message is sent and read', async () => {
    const conversationId = await net.openDirect();
    const path = `/v1/conversations/${conversationId}`;
    const live = await net.platform.hello(net.bob);
    const messageId = idOf(300);
    const body = { messageId: messageId.toUpperCase(), content: { text: { body: 'hi' } }, clientTimeMs: '5' };
    const sent = await net.asAlice('POST', `${path}/messages`, body);
    expect(sent.status).toBe(200);
    fits(answers.ack, sent.body);
    expect(sent.body).toMatchObject({ conversationId, messageId });
    expect((await net.asAlice('POST', `${path}/messages`, body)).body).toEqual(sent.body);
    expect((await live.frame((frame) => frame.event?.message)).event).toMatchObject({ seq: sent.body.seq });
    const events = await net.asAlice('GET', `${path}/events?limit=5`);
    fits(answers.events, events.body);
    expect(events.body.events.at(-1)).toMatchObject({ message: { messageId, content: { text: { body: 'hi' } } } });
    const without = await net.asAlice('POST', `${path}/messages`, { content: { text: { body: 'no id' } } });
    expect(without.body.messageId).toMatch(/^[0-9a-f-]{36}$/);
    live.raw.terminate();
  });

  test('texts come back exactly', async () => {
    const conversationId = await net.openDirect();
    const path = `/v1/conversations/${conversationId}`;
    for (const body of naughtyStrings) {
      const { body: ack } = await net.asAlice('POST', `${path}/messages`, { content: { text: { body } } });
      const { body: page } = await net.asAlice('GET', `${path}/events`);
      const event = page.events.find(({ seq }: { seq: string }) => seq === ack.seq);
      expect(event.message.content.text.body).toBe(body);
    }
  });

  test.each([
    ['no body', undefined, 'content: '],
    ['a list', [], 'body: want an object'],
    ['no content', { messageId: idOf(1) }, 'content: want a content'],
    ['an empty text', { content: { text: { body: '' } } }, 'content.text.body: '],
    ['a long text', { content: { text: { body: 'x'.repeat(16_385) } } }, 'content.text.body: '],
    ['U+0000', { content: { text: { body: 'a\0' } } }, 'content.text.body: '],
    ['an unpaired surrogate', { content: { text: { body: '\ud800' } } }, 'content.text.body: '],
    ['a wrong type', { content: { text: { body: 5 } } }, 'content.text.body: want a string, got 5'],
    ['a bad id', { messageId: 'x', content: { text: { body: 'x' } } }, 'messageId: want a UUID'],
  ])('a message with %s is INVALID', async (_, body, detail) => {
    const answer = await net.asAlice('POST', `/v1/conversations/${await net.openDirect()}/messages`, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID']);
    expect(answer.body.detail.slice(0, detail.length)).toBe(detail);
  });

  test('while the log takes nothing: 503 and when to try again', async () => {
    const conversationId = await net.openDirect();
    net.platform.logFaults.away = true;
    const answer = await net.asAlice('POST', `/v1/conversations/${conversationId}/messages`, {
      content: { text: { body: 'x' } },
    });
    net.platform.logFaults.away = false;
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
  });
});
