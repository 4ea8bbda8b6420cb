import { scheduleIdOf } from '@clatter/runtime';
import { ClientFrame, type Input, type Send } from '@clatter/wire';
import { expect, it } from 'vitest';
import { commandOf } from './commands.ts';
import { addressedBy } from './schedules.ts';

const ID = '018f0000-0000-7000-8000-000000000001';
const MESSAGE = '018f0000-0000-7000-8000-000000000002';
const ALICE = '018f0000-0000-7000-8000-00000000000a';

const send = (more: Input<Send>) =>
  commandOf(
    ClientFrame.create({
      ref: 1,
      send: { conversationId: ID, messageId: MESSAGE, content: { text: { body: 'later' } }, ...more } as Send,
    }),
    ALICE,
  );

it('a send with a time goes to the schedule of its sender, whole', () => {
  const command = send({ sendAtMs: 5000, replyToSeq: 3, retry: true, knownSeq: 9 });
  expect(command.send).toBeUndefined();
  expect(command.schedule).toMatchObject({
    add: {
      messageId: MESSAGE,
      conversationId: ID,
      content: { text: { body: 'later' } },
      replyToSeq: 3,
      sendAtMs: 5000,
    },
  });
  const addressed = addressedBy(command, ALICE);
  expect(addressed).toMatchObject({ conversationId: scheduleIdOf(ALICE), commandId: MESSAGE, retry: true });
  // What the client knows of the conversation says nothing of the schedule.
  expect(addressed.knownSeq).toBeUndefined();
});

it('a send without one goes to its conversation', () => {
  expect(addressedBy(send({}), ALICE)).toMatchObject({
    conversationId: ID,
    send: { content: { text: { body: 'later' } } },
  });
});

it('wants a time, ids, and a content of its own', () => {
  for (const sendAtMs of [0, -1]) expect(() => send({ sendAtMs })).toThrow('sendAtMs: want a time');
  expect(() => send({ sendAtMs: 5000, content: undefined })).toThrow('content');
  expect(() => send({ sendAtMs: 5000, content: undefined, forward: { conversationId: ID, seq: 1 } })).toThrow(
    'sendAtMs',
  );
  expect(() => send({ sendAtMs: 5000, messageId: 'x' })).toThrow('messageId');
});
