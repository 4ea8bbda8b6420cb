/**
 * What HTTP answers, for the OpenAPI document: the objects of the outside contract as their JSON is. 64-bit integers are strings; more fields
 * may come, which readers ignore.
 */
import { z } from 'zod';

const id = z.uuid();
const int64 = z.string().regex(/^\d+$/);
const cursor = z.string().nullable();

export const page = <T extends z.ZodType>(item: T) => z.looseObject({ items: z.array(item), nextCursor: cursor });

export const user = z.looseObject({
  userId: id,
  username: z.string(),
  displayName: z.string(),
  avatarUrl: z.string().optional(),
  bio: z.string(),
  statusText: z.string(),
  createdAtMs: int64,
});

export const session = z.looseObject({
  sessionId: id,
  accessToken: z.string(),
  expiresIn: z.number().int().describe('Seconds'),
  refreshToken: z.string(),
});

export const sessionInfo = z.looseObject({
  sessionId: id,
  device: z.looseObject({ name: z.string(), platform: z.string() }),
  createdAtMs: int64,
  lastUsedAtMs: int64,
  current: z.boolean().describe('Whether it is the one that asks'),
});

export const auditEvent = z.looseObject({
  atMs: int64,
  action: z.string().describe('Such as login.succeeded: see docs/audit.md'),
  actor: z.looseObject({
    kind: z.enum(['person', 'key', 'operator', 'system', 'nobody']),
    id: z.string().describe('Of the person or key'),
  }),
  target: z.string().describe('The id of a session or a key; empty where it is the account itself'),
  address: z.string().describe('Where it was asked from; empty where that is not known, or not any more'),
});

export const conversation = z.looseObject({
  conversationId: id,
  kind: z.enum(['direct', 'group', 'channel', 'user']),
  title: z.string(),
  description: z.string(),
  createdAtMs: int64,
  memberCount: z.number().int(),
  role: z.enum(['none', 'member', 'admin', 'owner']),
  settings: z
    .looseObject({
      sendRole: z.enum(['member', 'admin']),
      addRole: z.enum(['member', 'admin']),
      fullHistory: z.boolean(),
      disappearAfterSeconds: z.number().int(),
      mentionAllRole: z.enum(['member', 'admin']),
      pinRole: z.enum(['member', 'admin']),
    })
    .optional()
    .describe('Absent for whom is no member any more'),
  pictureUrl: z.string().optional(),
  pinnedSeqs: z.array(int64).describe('In the order in which they were pinned'),
  peerId: id.optional().describe('The other person of a direct conversation'),
});

export const event = z.looseObject({
  conversationId: id,
  seq: int64,
  messageNo: int64,
  senderId: id,
  sentAtMs: int64,
});

export const events = z.looseObject({ events: z.array(event), hasMore: z.boolean() });

export const scheduled = z.looseObject({
  messageId: id,
  conversationId: id,
  content: z.looseObject({}).optional(),
  sendAtMs: int64,
  status: z.enum(['WAITING', 'SENDING', 'SENT', 'FAILED', 'CANCELLED']),
  reason: z.string().optional().describe('Why it could not be sent: a code of the table of errors'),
});

export const flags = z.looseObject({
  pinned: z.boolean(),
  pinPlace: z.number().int().describe('Among the pinned, from 1; 0: not pinned'),
  muted: z.boolean(),
  mutedUntilMs: int64.describe('0: for ever'),
  archived: z.boolean(),
  archivedMessageNo: int64.describe('The count of messages then: more bring it back'),
  hidden: z.boolean(),
  hiddenMessageNo: int64.describe('The count of messages then: more bring it back'),
  markedUnread: z.boolean(),
  ownSeq: int64.describe("Seq in the caller's own log of the newest change"),
});

export const draft = z.looseObject({ text: z.string(), replyToSeq: int64.optional(), changedAtMs: int64 });

export const item = z.looseObject({
  conversation,
  headSeq: int64,
  messageNo: int64,
  readSeq: int64,
  unread: int64,
  lastMessage: event.optional(),
  lastActivityMs: int64,
  mentions: z.number().int().describe('Unread messages that mention the viewer, or all; 100: so many or more'),
  flags,
  draft: draft.optional(),
});

export const vote = z.looseObject({ userId: id, options: z.array(z.number().int()) });

export const pin = z.looseObject({ seq: int64, pinnedBy: id, pinnedAtMs: int64, event });

export const member = z.looseObject({
  userId: id,
  role: z.enum(['member', 'admin', 'owner']),
  joinedSeq: int64,
  visibleFromSeq: int64.describe('The first seq that they see'),
});

export const madeInvite = z.looseObject({
  token: z.string(),
  url: z.url(),
  inviteId: z.string().describe('Names the invite without letting anybody join'),
  expiresAtMs: int64.describe('0: never'),
  maxUses: z.number().int().describe('0: any number'),
});

export const invite = z.looseObject({
  inviteId: z.string(),
  createdBy: id,
  expiresAtMs: int64,
  maxUses: z.number().int(),
  uses: z.number().int(),
});

export const invitePreview = z.looseObject({
  conversation: z
    .looseObject({
      conversationId: id,
      kind: z.enum(['group', 'channel']),
      title: z.string(),
      description: z.string(),
      pictureUrl: z.string().optional(),
      memberCount: z.number().int(),
      role: z.enum(['none', 'member', 'admin', 'owner']).describe('The role that the asker has already'),
    })
    .describe('What of the conversation whoever has the token may know'),
  expiresAtMs: int64.describe('0: never'),
});

export const messageReceipts = z.looseObject({
  items: z.array(
    z.looseObject({
      userId: id,
      status: z.enum(['sent', 'delivered', 'read']),
      deliveredSeq: int64,
      readSeq: int64,
    }),
  ),
  nextCursor: cursor,
  members: z.number().int().describe('How many it was for, on all pages'),
  delivered: z.number().int().describe('How many of them have it, those who read it among them'),
  read: z.number().int(),
});

export const givenReaction = z.looseObject({ emoji: z.string(), userId: id });

export const banned = z.looseObject({ userId: id });

export const ack = z.looseObject({ conversationId: id, messageId: id, seq: int64, messageNo: int64, sentAtMs: int64 });

/** The event that a change made. */
export const change = z.looseObject({ seq: int64 });

/** RFC 9457. */
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string().describe('Stable: see docs/errors.md'),
  detail: z.string(),
  instance: z.string(),
});
