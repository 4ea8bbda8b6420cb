/** What an edit may make of a message: other words, or another place of one that moves. Pure. docs/contents.md shows it. */
import type { Content, Event } from '@clatter/wire';

/** Why a content may not take the place of a message's; undefined where it may. */
export function editRefusal(
  { message, sentAtMs }: Event,
  content: Content | undefined,
  nowMs: number,
): string | undefined {
  if (message?.forwarded) return 'seq: what was forwarded is not edited';
  const [was, is] = [kindOf(message?.content), kindOf(content)];
  if (was !== is) return `content: want ${was}, as the message is, got ${is}`;
  switch (was) {
    case 'contact':
    case 'poll':
      return `seq: a ${was} is not edited`;
    case 'custom':
      return message?.content?.custom?.type === content?.custom?.type
        ? undefined
        : `content.custom.type: want ${JSON.stringify(message?.content?.custom?.type)}, as the message has it`;
    case 'location':
      return refusalToMove(
        message?.content?.location?.liveForMs ?? 0,
        content?.location?.liveForMs ?? 0,
        nowMs - sentAtMs,
      );
    default:
      return undefined;
  }
}

/** A place moves for as long as was said when it was sent, or less. */
function refusalToMove(was: number, is: number, afterMs: number): string | undefined {
  if (was <= afterMs) return 'seq: this place moves no more';
  return is > was ? `content.location.liveForMs: want at most ${was}, as was said before, got ${is}` : undefined;
}

const kindOf = (content: Content | undefined): string =>
  Object.entries(content ?? {}).find(([, value]) => value !== undefined)?.[0] ?? 'nothing';
