/** What this device knows of messages that are to be sent later. */
import { ScheduledMessage } from '@clatter/wire';
import { expect, test } from 'vitest';
import { Schedule } from './schedule.ts';

function device(items: unknown[] = []) {
  const calls: [string, string, unknown][] = [];
  const told: string[][] = [];
  let id = 0;
  const schedule = new Schedule({
    api: {
      call: async (method: string, path: string, body?: unknown) => {
        calls.push([method, path, body]);
        return method === 'PATCH' ? { scheduled: { ...(items[0] as object), ...(body as object) } } : { items };
      },
    } as never,
    newId: () => `id ${++id}`,
    onChanged: (all) => void told.push(all.map(({ messageId, status }) => `${messageId} ${status}`)),
    onError: (error) => {
      throw error;
    },
  });
  return { schedule, calls, told };
}

const news = (messageId: string, status: ScheduledMessage['status'], more: Partial<ScheduledMessage> = {}) =>
  ScheduledMessage.create({ messageId, status, conversationId: 'c', ...more });

test('a message is scheduled by its conversation, changed and taken back by its id', async () => {
  const { schedule, calls, told } = device([{ messageId: 'id 1', conversationId: 'c', status: 'WAITING' }]);
  expect(await schedule.send('c', 'later', 5000, { replyToSeq: 3 })).toBe('id 1');
  await schedule.change('id 1', { sendAtMs: 6000 });
  expect(schedule.items).toMatchObject([{ messageId: 'id 1', sendAtMs: 6000 }]);
  await schedule.cancel('id 1');
  expect(calls).toEqual([
    [
      'POST',
      '/v1/conversations/c/messages',
      { messageId: 'id 1', content: { text: { body: 'later' } }, sendAtMs: '5000', replyToSeq: '3' },
    ],
    ['PATCH', '/v1/scheduled/id 1', { sendAtMs: 6000, commandId: 'id 2' }],
    ['DELETE', '/v1/scheduled/id 1?commandId=id 3', undefined],
  ]);
  expect(told).toEqual([['id 1 WAITING'], ['id 1 WAITING'], []]);
});

test('news of other devices and of the server change the list', () => {
  const { schedule } = device();
  const content = { text: { body: 'hi', mentions: [] } } as never;
  schedule.onNews(news('b', 'WAITING', { sendAtMs: 2, content }));
  schedule.onNews(news('a', 'WAITING', { sendAtMs: 1, content }));
  expect(schedule.items.map(({ messageId }) => messageId)).toEqual(['a', 'b']);
  schedule.onNews(news('a', 'SENDING'));
  schedule.onNews(news('a', 'FAILED', { reason: 'NOT_A_MEMBER' }));
  expect(schedule.items[0]).toMatchObject({ content, status: 'FAILED', reason: 'NOT_A_MEMBER' });
  schedule.onNews(news('b', 'SENT', { seq: 7 }));
  schedule.onNews(news('unknown', 'SENDING'));
  expect(schedule.items.map(({ messageId }) => messageId)).toEqual(['a']);
  schedule.onNews(news('', 'CANCELLED', { reason: 'ACCOUNT_DELETED' }));
  expect(schedule.items).toEqual([]);
});

test('the list is read again after each connect, where somebody has asked for it', async () => {
  const { schedule, calls } = device([{ messageId: 'a', conversationId: 'c', status: 'WAITING', sendAtMs: '1' }]);
  schedule.up();
  expect(calls).toEqual([]);
  expect((await schedule.load()).map(({ messageId }) => messageId)).toEqual(['a']);
  schedule.up();
  expect(calls).toHaveLength(2);
  schedule.clear();
  schedule.up();
  expect(calls).toHaveLength(2);
});
