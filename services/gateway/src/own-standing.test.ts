import type { MessagesService } from '@clatter/contracts/messages';
import { ClatterError, type ErrorCode } from '@clatter/wire';
import { describe, expect, test } from 'vitest';
import { idOf, TestGateway } from './test/test-gateway.ts';

const OWN_LOG = idOf(1);

describe('a command about a conversation, to the own log', () => {
  /** A gateway whose look-ups are counted and answered with an error, if any. */
  const gatewayThatFinds = (code?: ErrorCode) => {
    const asked: string[] = [];
    const messages: Partial<MessagesService> = {
      getConversation: async ({ conversationId = '' }) => {
        asked.push(conversationId);
        if (code) throw new ClatterError(code, `conversationId: ${code}`);
        return { conversation: { conversationId } };
      },
    };
    return { asked, gateway: new TestGateway({}, messages) };
  };
  const bodies = (ref: number, conversation = 10) => {
    const about = { conversationId: idOf(conversation), commandId: idOf(ref) };
    return [
      { ref, setFlags: { ...about, muted: true } },
      { ref, setDraft: { ...about, text: 'half' } },
      { ref, delete: { ...about, seq: 3, forEveryone: false } },
    ] as const;
  };

  test('is looked up once a connection, whatever it asks for', async () => {
    const { asked, gateway } = gatewayThatFinds();
    const client = await gateway.live();
    for (const ref of [2, 3]) for (const frame of bodies(ref)) await client.say(frame);
    for (const frame of bodies(4, 11)) await client.say(frame);
    expect(asked).toEqual([idOf(10), idOf(11)]);
    expect(gateway.producer.commands).toHaveLength(9);
    for (const command of gateway.producer.commands) {
      expect(command.conversationId).toBe(OWN_LOG);
      expect(command.refusal).toBeUndefined();
    }
  });

  test('that is not theirs goes to the log with the reason, each time', async () => {
    const { asked, gateway } = gatewayThatFinds('NOT_FOUND');
    const client = await gateway.live();
    for (const frame of bodies(2)) await client.say(frame);
    expect(asked).toHaveLength(3);
    const refusal = { code: 'NOT_FOUND', message: 'conversationId: NOT_FOUND' };
    expect(gateway.producer.commands.map((command) => command.refusal)).toEqual([refusal, refusal, refusal]);
  });

  test('that was theirs is like one that is', async () => {
    const { gateway } = gatewayThatFinds('NOT_A_MEMBER');
    const client = await gateway.live();
    for (const frame of bodies(2)) await client.say(frame);
    expect(gateway.producer.commands.map((command) => command.refusal)).toEqual([undefined, undefined, undefined]);
  });

  test('that cannot be looked up now is refused for now, with what is behind it in the own log alone', async () => {
    const { gateway } = gatewayThatFinds('UNAVAILABLE');
    const client = await gateway.live();
    client.send(bodies(2)[0]);
    client.send(bodies(3, 11)[1]);
    client.message(10, 4);
    await client.say({ ref: 9, ping: {} });
    expect(client.rejects()).toEqual({ 2: 'UNAVAILABLE', 3: 'UNAVAILABLE' });
    expect(gateway.producer.commands.map(({ commandId }) => commandId)).toEqual([idOf(4)]);
  });
});
