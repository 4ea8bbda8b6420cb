import type { ClatterClient, MessageView } from '@clatter/client';
import { expect, test } from 'vitest';
import { actionsOf } from './actions';

const client = { userId: 'me' } as ClatterClient;
const message = (fields: Partial<MessageView>): MessageView =>
  ({
    messageId: 'm',
    conversationId: 'c',
    senderId: 'me',
    seq: 4,
    content: { text: { body: 'hi' } },
    reactions: [],
    ...fields,
  }) as never;
const nothing = (): undefined => undefined;
const labels = (
  fields: Partial<MessageView>,
  manages = false,
  copies = true,
  group = false,
  pinned: boolean | undefined = undefined,
): string[] =>
  actionsOf(message(fields), {
    client,
    manages,
    group,
    quote: nothing,
    show: nothing,
    remove: nothing,
    removeForMe: nothing,
    forward: nothing,
    pinned,
    copy: copies ? nothing : undefined,
  }).map(({ label }) => label);

test('whoever wrote a message may edit it and delete it', () => {
  expect(labels({})).toEqual(expect.arrayContaining(['Reply', 'Copy text', 'Edit', 'Delete for everyone']));
});

test('what others wrote is deleted by admins alone, and edited by nobody', () => {
  expect(labels({ senderId: 'you' })).not.toContain('Delete for everyone');
  expect(labels({ senderId: 'you' }, true)).toContain('Delete for everyone');
  expect(labels({ senderId: 'you' }, true)).not.toContain('Edit');
});

test('everybody deletes for themselves what is stored, and nothing that is not', () => {
  expect(labels({ senderId: 'you' })).toContain('Delete for me');
  expect(labels({})).toContain('Delete for me');
  expect(labels({ seq: 0, status: 'pending' })).not.toContain('Delete for me');
});

test('what is not text is neither copied nor edited', () => {
  const opaque = labels({ content: { opaque: {} } as never });
  expect(opaque).not.toContain('Copy text');
  expect(opaque).not.toContain('Edit');
  expect(opaque).toContain('Delete for everyone');
});

test('a message that was refused is sent again or discarded, and nothing else that needs a place in the log', () => {
  expect(labels({ seq: 0, status: 'failed' })).toEqual(['Copy text', 'Send again', 'Discard']);
  expect(labels({ seq: 0, status: 'pending' }, true, false)).toEqual([]);
});

test('who has read a message is told to whoever wrote it, in groups; who reacted to everybody', () => {
  expect(labels({}, false, true, true)).toContain('Message info');
  expect(labels({}, false, true, false)).not.toContain('Message info');
  expect(labels({ senderId: 'you' }, true, true, true)).not.toContain('Message info');
  const reactions = [{ emoji: '👍', count: 1, mine: false }];
  expect(labels({ senderId: 'you', reactions })).toContain('Who reacted');
});

test('what was forwarded is not edited, and a poll is neither forwarded nor edited, but closed', () => {
  expect(labels({ forwarded: { hops: 1 } as never })).not.toContain('Edit');
  const poll = { poll: { closesAtMs: 0 } } as never;
  expect(labels({ content: poll })).toContain('Close poll');
  expect(labels({ content: poll })).not.toContain('Forward');
  expect(labels({ content: poll, poll: { closed: true } as never })).not.toContain('Close poll');
  expect(labels({ content: poll, senderId: 'you' })).not.toContain('Close poll');
});

test('whoever may pin pins and unpins', () => {
  expect(labels({}, false, true, false, false)).toContain('Pin for everyone');
  expect(labels({}, false, true, false, true)).toContain('Unpin');
  expect(labels({})).not.toContain('Pin for everyone');
});
