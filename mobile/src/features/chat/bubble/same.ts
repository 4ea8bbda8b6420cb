/** Whether two views of a message look the same. */
import type { MessageView } from '@clatter/client';

export const sameMessage = (a: MessageView | undefined, b: MessageView | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.messageId === b.messageId &&
    a.seq === b.seq &&
    a.status === b.status &&
    a.edited === b.edited &&
    a.deleted === b.deleted &&
    a.expiresAtMs === b.expiresAtMs &&
    a.content === b.content &&
    a.reactions === b.reactions &&
    JSON.stringify(a.poll) === JSON.stringify(b.poll) &&
    a.sentAtMs === b.sentAtMs);
