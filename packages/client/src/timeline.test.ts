import { Content, Event, Message } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { Timeline } from './timeline.ts';

const event = (seq: number, init: Partial<Event> = {}): Event => Event.create({ conversationId: 'c', seq, ...init });
const message = (seq: number, body: string): Event =>
  event(seq, {
    message: {
      messageId: `m${seq}`,
      content: { text: { body } },
      edited: false,
      deleted: false,
      reactions: [],
    } as never,
  });
const run = (from: number, to: number): Event[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
const seqs = (timeline: Timeline): number[] => timeline.events.map(({ seq }) => seq);

describe('a timeline', () => {
  it('grows by what comes next, drops what it has, holds what is beyond a gap', () => {
    const timeline = new Timeline();
    expect([1, 2, 2, 1, 5, 4].map((seq) => timeline.add(event(seq)))).toEqual([
      'added',
      'added',
      'known',
      'known',
      'held',
      'held',
    ]);
    expect([timeline.end, timeline.behind]).toEqual([2, 3]);
    expect(timeline.add(event(3))).toBe('added');
    expect(seqs(timeline)).toEqual([1, 2, 3, 4, 5]);
    expect([timeline.end, timeline.behind]).toEqual([5, 0]);
  });

  it('joins what was held when a page fills the gap, and tells what is new', () => {
    const timeline = new Timeline();
    timeline.merge(run(1, 3), true);
    timeline.add(event(7));
    expect(timeline.merge(run(2, 6), false).map(({ seq }) => seq)).toEqual([4, 5, 6, 7]);
    expect(seqs(timeline)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(timeline.merge(run(2, 6), false)).toEqual([]);
  });

  it('keeps the newest window where a page lies beyond a hole, and takes earlier pages before it', () => {
    const timeline = new Timeline();
    timeline.merge(run(1, 3), true);
    expect(timeline.complete).toBe(true);
    expect(timeline.merge(run(50, 60), false).map(({ seq }) => seq)).toEqual(run(50, 60).map(({ seq }) => seq));
    expect([timeline.start, timeline.end, timeline.complete]).toEqual([50, 60, false]);
    expect(timeline.merge(run(40, 49), false)).toEqual([]);
    // A page that does not touch the run says nothing of what is between.
    timeline.merge(run(1, 10), true);
    expect([timeline.start, timeline.complete]).toEqual([40, false]);
    timeline.merge(run(1, 39), true);
    expect([timeline.start, timeline.end, timeline.complete]).toEqual([1, 60, true]);
    expect(seqs(timeline)).toEqual(run(1, 60).map(({ seq }) => seq));
  });

  it('refuses a page with a gap', () => {
    expect(() => new Timeline().merge([event(1), event(3)], true)).toThrow('want seq 2, got 3');
  });

  it('shows messages as the newest page has them', () => {
    const timeline = new Timeline();
    timeline.merge([message(1, 'a'), message(2, 'b')], true);
    timeline.merge([message(2, 'b, edited'), event(3)], false);
    expect(timeline.at(2)?.message?.content?.text?.body).toBe('b, edited');
  });

  it('applies edits and deletions, and asks for a message with a new reaction', () => {
    const timeline = new Timeline();
    timeline.merge([message(1, 'a')], true);
    expect(timeline.change(event(2, { edited: { seq: 1, content: { text: { body: 'b' } } as never } }))).toBe(true);
    expect(timeline.at(1)?.message).toMatchObject({ edited: true, content: { text: { body: 'b' } } });
    expect(timeline.change(event(3, { reacted: { seq: 1, emoji: '👍', removed: false } }))).toBe(false);
    expect(timeline.change(event(4, { deleted: { seq: 1 } }))).toBe(true);
    expect(timeline.at(1)?.message).toMatchObject({ deleted: true, content: undefined });
    // An edit that was overtaken by the deletion brings nothing back.
    timeline.change(event(5, { edited: { seq: 1, content: { text: { body: 'c' } } as never } }));
    expect(timeline.at(1)?.message).toMatchObject({ deleted: true, content: undefined });
    // Of a message that is not here there is nothing to change.
    expect(timeline.change(event(6, { reacted: { seq: 99, emoji: '👍', removed: false } }))).toBe(true);
  });

  it('is bounded: beyond a gap, and at the front', () => {
    const timeline = new Timeline();
    timeline.merge(run(1, 10), true);
    for (let seq = 12; seq <= 2000; seq++) timeline.add(event(seq));
    expect(timeline.behind).toBe(1990);
    timeline.add(event(11));
    // What was not held is still known to be missing.
    expect([timeline.end, timeline.behind]).toEqual([511, 1489]);
    for (let seq = 512; seq <= 12_000; seq++) timeline.add(event(seq));
    expect(timeline.events.length).toBeLessThanOrEqual(5000);
    expect([timeline.end, timeline.complete]).toEqual([12_000, false]);
    expect(timeline.at(12_000)?.seq).toBe(12_000);
    expect(timeline.at(timeline.start)?.seq).toBe(timeline.start);
  });
});

describe('a poll', () => {
  it('stands as its votes say, and what one chose oneself is known', () => {
    const timeline = new Timeline();
    const poll = { question: '?', options: ['a', 'b'], multiple: false, anonymous: true, closesAtMs: 0 };
    timeline.add(event(1, { message: Message.create({ content: Content.create({ poll }) }) }));
    const vote = (senderId: string, options: number[], counts: number[]) =>
      timeline.change({ ...event(2, { voted: { seq: 1, options, counts, voters: counts.length } }), senderId }, 'me');
    expect(vote('nobody', [], [1, 0])).toBe(true);
    expect(vote('me', [1], [1, 1])).toBe(true);
    expect(vote('nobody', [], [2, 1])).toBe(true);
    expect(timeline.change(event(5, { pollClosed: { seq: 1 } }), 'me')).toBe(true);
    expect(timeline.at(1)?.message?.poll).toEqual({
      options: [
        { count: 2, mine: false },
        { count: 1, mine: true },
      ],
      voters: 2,
      closed: true,
    });
  });
});
