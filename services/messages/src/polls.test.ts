import type { Command } from '@clatter/contracts/messages';
import type { Event, Input, Poll } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { GroupUnderTest, idOf, T } from './adapters/group-under-test.ts';
import { NOBODY_ID } from './decision.ts';

const vote = (seq: number, ...options: number[]): Input<Command> => ({ vote: { seq, options } });
const close = (seq: number): Input<Command> => ({ closePoll: { seq } });

async function ask(group: GroupUnderTest, change: Partial<Poll> = {}): Promise<number> {
  const poll = { question: 'Lunch?', options: ['noon', 'one', 'never'], ...change };
  const { event } = await group.submit('alice', { send: { content: { poll } } });
  return event?.seq as number;
}

async function history(group: GroupUnderTest, name: string): Promise<readonly Event[]> {
  const { page } = await group.messages.history({ userId: idOf(name), history: { conversationId: group.id } });
  return page?.events as Event[];
}

/** How many chose each option, what the viewer chose, and how many voted. */
async function standing(group: GroupUnderTest, name: string, seq: number): Promise<unknown> {
  const poll = (await history(group, name)).find((event) => event.seq === seq)?.message?.poll;
  const mine = poll?.options.flatMap((option, index) => (option.mine ? [index] : []));
  return poll && [poll.options.map(({ count }) => count), mine, poll.voters];
}

describe('a poll', () => {
  it('counts the newest vote of each, which is told with how it stands', async () => {
    await using group = await GroupUnderTest.of('bob', 'carol');
    const seq = await ask(group);
    expect(await standing(group, 'bob', seq)).toEqual([[0, 0, 0], [], 0]);
    await group.submit('bob', vote(seq, 0));
    await group.submit('carol', vote(seq, 0));
    const { event } = await group.submit('bob', vote(seq, 2));
    expect(event).toMatchObject({ senderId: idOf('bob'), voted: { seq, options: [2], counts: [1, 0, 1], voters: 2 } });
    expect(await standing(group, 'bob', seq)).toEqual([[1, 0, 1], [2], 2]);
    expect(await standing(group, 'carol', seq)).toEqual([[1, 0, 1], [0], 2]);
    await group.submit('carol', vote(seq));
    expect(await standing(group, 'carol', seq)).toEqual([[0, 0, 1], [], 1]);
    const { items } = await group.messages.listVotes({ userId: idOf('alice'), conversationId: group.id, seq });
    expect(items).toEqual([{ userId: idOf('bob'), options: [2] }]);
  });

  it('takes several choices where it says so, each once', async () => {
    await using group = await GroupUnderTest.of('bob');
    const [one, many] = [await ask(group), await ask(group, { multiple: true })];
    expect(await group.code('bob', vote(one, 0, 1))).toBe('INVALID');
    expect(await group.code('bob', vote(many, 2, 0))).toBe('ack');
    expect(await standing(group, 'bob', many)).toEqual([[1, 0, 1], [0, 2], 1]);
    expect(await group.code('bob', vote(many, 0, 2))).toBe('CONFLICT');
    expect(await group.code('bob', vote(many, 1, 1))).toBe('INVALID');
    expect(await group.code('bob', vote(many, 3))).toBe('INVALID');
    expect(await group.code('bob', vote(one))).toBe('CONFLICT');
    expect(await group.code('mallory', vote(one, 0))).toBe('NOT_FOUND');
    expect(await group.code('bob', vote(await group.say('bob', 'no poll'), 0))).toBe('INVALID');
    expect(await group.code('bob', vote(99, 0))).toBe('NOT_FOUND');
  });

  it('that is anonymous tells nobody who voted or what, on no path, but themselves', async () => {
    await using group = await GroupUnderTest.of('bob', 'carol');
    const seq = await ask(group, { anonymous: true });
    const { event, ownVote } = await group.submit('bob', vote(seq, 1));
    expect(event).toMatchObject({ senderId: NOBODY_ID, voted: { options: [], counts: [0, 1, 0], voters: 1 } });
    expect(ownVote).toEqual({ userId: idOf('bob'), options: [1] });
    const voted = async (name: string) => (await history(group, name)).find((item) => item.voted);
    expect(await voted('carol')).toEqual(event);
    expect(await voted('alice')).toEqual(event);
    expect(await voted('bob')).toMatchObject({ senderId: idOf('bob'), voted: { options: [1] } });
    const { page } = await group.messages.sync({ userId: idOf('carol'), sync: {} });
    expect(page?.conversations?.[0]?.events?.find((item) => item.voted)).toEqual(event);
    expect(await standing(group, 'carol', seq)).toEqual([[0, 1, 0], [], 1]);
    expect(await standing(group, 'bob', seq)).toEqual([[0, 1, 0], [1], 1]);
    const asked = { userId: idOf('alice'), conversationId: group.id, seq };
    await expect(group.messages.listVotes(asked)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('ends when its author closes it, or at its time by the log', async () => {
    await using group = await GroupUnderTest.of('bob');
    const seq = await ask(group);
    await group.submit('bob', vote(seq, 0));
    expect(await group.code('bob', close(seq))).toBe('FORBIDDEN');
    const once = { commandId: idOf('close') };
    const first = await group.submit('alice', close(seq), once);
    expect(first.event?.pollClosed).toEqual({ seq });
    expect((await group.submit('alice', close(seq), once)).answer).toEqual(first.answer);
    expect(await group.code('alice', close(seq))).toBe('CONFLICT');
    expect(await group.code('bob', vote(seq, 1))).toBe('CONFLICT');
    const shown = (await history(group, 'bob')).find((event) => event.seq === seq)?.message?.poll;
    expect(shown).toMatchObject({ closed: true, voters: 1 });
    const timed = await ask(group, { closesAtMs: T + 60_000 });
    expect(await group.code('bob', vote(timed, 1), { timestampMs: T + 59_999 })).toBe('ack');
    expect(await group.code('bob', vote(timed, 2), { timestampMs: T + 60_000 })).toBe('CONFLICT');
    expect(await group.code('alice', close(timed), { timestampMs: T + 60_001 })).toBe('CONFLICT');
  });

  it('is not edited, and takes its votes along when it is deleted', async () => {
    await using group = await GroupUnderTest.of('bob');
    const seq = await ask(group);
    await group.submit('bob', vote(seq, 0));
    const other = { poll: { question: 'Dinner?', options: ['yes', 'no'] } };
    expect(await group.code('alice', { edit: { seq, content: other } })).toBe('CONFLICT');
    await group.submit('alice', { delete: { seq } });
    expect(await standing(group, 'bob', seq)).toBeUndefined();
    expect(await group.code('bob', vote(seq, 1))).toBe('NOT_FOUND');
  });
});
