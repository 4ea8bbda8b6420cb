/**
 * What a message passes on: read as its sender sees it, so that nobody passes on what they may not see, and copied with who said it first.
 * What cannot be passed on goes to the log all the same, with the reason: an earlier copy of the command may have been stored, and then
 * that is its answer.
 */
import type { Command, MessagesService } from '@clatter/contracts/messages';
import {
  ClatterError,
  Content,
  type Event,
  type Forward,
  type Forwarded,
  type HistoryPage,
  type Input,
} from '@clatter/wire';

type SendBody = Pick<NonNullable<Input<Command>['send']>, 'content' | 'forwarded' | 'refusal'>;

/** So often passed on is many times: it is counted no further. */
const HOPS_MAX = 5;

const REFUSED: ReadonlySet<string> = new Set(['NOT_FOUND', 'NOT_A_MEMBER', 'INVALID']);

/** What a send to `targetId` says that passes `forward` on. Throws UNAVAILABLE. */
export async function readForward(
  messages: MessagesService,
  userId: string,
  targetId: string,
  forward: Forward,
): Promise<SendBody> {
  try {
    const { page } = await messages.history({
      userId,
      history: { conversationId: forward.conversationId, aroundSeq: forward.seq, limit: 1 },
    });
    const event = (page as HistoryPage).events[0];
    if (event?.seq !== forward.seq || !event.message?.content) throw notThere(forward);
    if (event.message.content.poll) throw new ClatterError('INVALID', 'forward.seq: want what is no poll');
    const isPublic =
      forward.conversationId !== targetId && (await kindOf(messages, userId, forward.conversationId)) === 'channel';
    return passedOn(event, isPublic || forward.conversationId === targetId);
  } catch (error) {
    if (!(error instanceof ClatterError) || !REFUSED.has(error.code)) throw error;
    const { code, message } = error.code === 'INVALID' ? error : notThere(forward);
    return { refusal: { code, message } };
  }
}

const notThere = ({ seq }: Forward): ClatterError =>
  new ClatterError('NOT_FOUND', `forward.seq: want a message that you may see, and ${seq} is none`);

async function kindOf(messages: MessagesService, userId: string, conversationId: string): Promise<string | undefined> {
  return (await messages.getConversation({ userId, conversationId })).conversation?.kind;
}

/** @param named whether readers may know the conversation that it comes from */
function passedOn({ conversationId, seq, senderId, sentAtMs, message }: Event, named: boolean): SendBody {
  const before = message?.forwarded;
  const origin = before ?? { senderId, sentAtMs, ...(named && { conversationId, seq }) };
  const forwarded: Forwarded = { ...origin, hops: Math.min(HOPS_MAX, (before?.hops ?? 0) + 1) };
  return { content: asOf(message?.content as Content), forwarded };
}

/** A content as others may pass it on: it calls nobody, and moves no more. */
function asOf(content: Content): Content {
  const { text, location } = content;
  if (text) return Content.create({ text: { ...text, mentions: [] } });
  if (location) return Content.create({ location: { ...location, liveForMs: 0 } });
  return content;
}
