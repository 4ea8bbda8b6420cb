/** Whether an event that somebody is shown is the one of the log. */
import { Content, Event } from '@clatter/wire';
import type { ReferenceConversation } from './reference.ts';

const text = (content: Content | undefined): string => (content ? Content.toJson(content) : '');

/** The content of a seq may be an older or newer one: a replay delivers it edited. Everything else never changes. */
export function checkEvent(event: Event, conversation: ReferenceConversation, fail: (text: string) => void): void {
  const expected = conversation.moments[event.seq - 1]?.event;
  const what = `seq ${event.seq} of ${event.conversationId}`;
  if (!expected) return fail(`${what}, which the log does not have`);
  const masked = expected.voted !== undefined && conversation.storedAt(event.seq)?.stored.vote !== undefined;
  if (bare(event, masked) !== bare(expected, masked))
    return fail(`${what} as ${bare(event, masked)}; the log says ${bare(expected, masked)}`);
  const target = event.message ? event.seq : event.edited?.seq;
  if (target === undefined) return;
  const contents = new Set(
    (conversation.versions[target - 1] ?? []).map(({ stored }) => text(stored.event?.message?.content)),
  );
  const shown = text(event.message?.content ?? event.edited?.content);
  // An edit of what the viewer may not see, or of what was deleted since, shows no content; nor does a message that was edited after
  // the viewer's stay.
  if ((event.edited || event.message?.edited) && shown === '') return;
  // What disappears is shown no more when its time is up, which may be before the log says that it was erased.
  if (expected.message?.expiresAtMs !== undefined && event.message?.deleted && shown === '') return;
  if (!contents.has(shown)) fail(`${what} with a content that it never had: ${shown}`);
}

/** Whoever is no member any more is shown nothing that was written after the event that ended it. */
export function checkAsOf(
  event: Event,
  conversation: ReferenceConversation,
  endedAt: number,
  fail: (text: string) => void,
): void {
  const shown = text(event.message?.content ?? event.edited?.content);
  const target = event.message ? event.seq : event.edited?.seq;
  if (target === undefined || shown === '') return;
  const versions = (conversation.versions[target - 1] ?? []).filter(({ position }) => position <= endedAt);
  if (!versions.some(({ stored }) => text(stored.event?.message?.content) === shown))
    fail(`seq ${event.seq} of ${event.conversationId} with a content from after they were removed: ${shown}`);
}

/** A vote in an anonymous poll is told to nobody but whose it is. */
export function checkSecret(
  event: Event,
  conversation: ReferenceConversation,
  userId: string,
  fail: (text: string) => void,
): void {
  const vote = conversation.storedAt(event.seq)?.stored.vote;
  if (!vote || !event.voted) return;
  if (vote.userId !== userId && (event.senderId === vote.userId || event.voted.options.length > 0))
    fail(`seq ${event.seq} of ${event.conversationId} says whose vote it is`);
}

/** Without what may differ: contents, their marks, and reactions. */
function bare(event: Event, masked: boolean): string {
  const { message, edited, voted } = event;
  return Event.toJson({
    ...event,
    ...(masked && { senderId: '', voted: voted && { ...voted, options: [] } }),
    message: message && {
      ...message,
      content: undefined,
      edited: false,
      deleted: false,
      reactions: [],
      forwarded: undefined,
      poll: undefined,
    },
    edited: edited && { seq: edited.seq, content: undefined },
  });
}
