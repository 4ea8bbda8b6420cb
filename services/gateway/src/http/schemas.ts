/** The bodies and queries of HTTP: one zod schema for each, which checks what comes and describes it in the OpenAPI document. */
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { z } from 'zod';

const id = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine(isUuid, 'want a UUID');
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine(
      (value) => value.isWellFormed() && !value.includes('\0'),
      'want text without U+0000 and unpaired surrogates',
    );
const device = z.object({ name: text(100).default(''), platform: text(30).default('') });
export const limit = (max: number) => z.coerce.number().int().min(1).max(max).optional();
/** Ten years. */
const INVITE_SECONDS_MAX = 315_360_000;
/** As messages decides. */
const DISAPPEAR_SECONDS_MIN = 5;
const DISAPPEAR_SECONDS_MAX = 31_536_000;
const INVITE_USES_MAX = 1_000_000;
const cursor = z.string().max(1000).optional();

export const registerBody = z.object({
  username: text(100).optional().describe('Made up when absent; then an email or a phone has to be given'),
  password: text(1024),
  email: text(254).optional(),
  phone: text(40).optional().describe('With the code of its country'),
  displayName: text(200).optional(),
  device: device.optional(),
});
export const loginBody = z.object({ login: text(254), password: text(1024), device: device.optional() });
export const refreshBody = z.object({ refreshToken: text(200).optional() }).default({});
export const sessionNameBody = z.object({ name: text(100) });
export const profileBody = z.object({
  displayName: text(200).optional(),
  avatarUrl: text(2048).optional(),
  bio: text(2000).optional(),
  statusText: text(500).optional(),
});
/** People who are named in one query; each is 36 characters. */
const IDS_MAX = 100;
export const usersQuery = z.object({
  query: text(100).default(''),
  ids: text(IDS_MAX * 40)
    .transform((value) => value.split(','))
    .pipe(z.array(id).max(IDS_MAX))
    .optional()
    .describe('Ids with commas between them, up to 100: those people, in no order, instead of a search'),
  limit: limit(100),
  cursor,
});
const yesOrNo = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .optional();
export const listQuery = z.object({
  limit: limit(100),
  cursor,
  archived: yesOrNo.describe('Only what is in the archive, or only what is not; all when absent'),
  pinned: yesOrNo.describe('Only the pinned, in their order and all at once, or only the others; all when absent'),
});
export const pageQuery = z.object({ limit: limit(100), cursor });
export const membersQuery = z.object({ limit: limit(500), cursor });
export const conversationBody = z.object({
  kind: z.enum(['direct', 'group', 'channel']),
  memberIds: z.array(id).max(499).default([]),
  title: text(500).default(''),
  pictureUrl: text(2048).optional(),
  commandId: id.optional(),
});
const leastRole = z.enum(['member', 'admin']).optional();
export const changeBody = z.object({
  title: text(500).optional(),
  description: text(5000).optional(),
  pictureUrl: text(2048).optional().describe('Address of the picture; empty: none any more'),
  settings: z
    .object({
      sendRole: leastRole.describe('The least role that may send: member (all) or admin'),
      addRole: leastRole.describe('The least role that may add people: admin, or member (all)'),
      mentionAllRole: leastRole.describe('The least role whose mention of all calls all: admin, or member (all)'),
      pinRole: leastRole.describe('The least role that may pin messages: member (all) or admin'),
      fullHistory: z.boolean().optional().describe('Whether people who join from now on see what was before'),
      disappearAfterSeconds: z
        .union([z.literal(0), z.number().int().min(DISAPPEAR_SECONDS_MIN).max(DISAPPEAR_SECONDS_MAX)])
        .optional()
        .describe('How long messages that are sent from now on stay; 0: for ever. In direct conversations too'),
    })
    .optional(),
  commandId: id.optional(),
});
export const scheduledBody = z.object({
  content: z.unknown().optional().describe('As in a message'),
  sendAtMs: z.coerce.number().int().optional().describe('In the future, at most a year ahead'),
  commandId: id.optional(),
});
export const addMembersBody = z.object({ userIds: z.array(id).min(1).max(1000), commandId: id.optional() });
export const inviteBody = z.object({
  expiresInSeconds: z.number().int().min(1).max(INVITE_SECONDS_MAX).optional().describe('For ever when absent'),
  maxUses: z.number().int().min(1).max(INVITE_USES_MAX).optional().describe('Any number when absent'),
  commandId: id.optional(),
});
export const voteBody = z.object({
  options: z.array(z.number().int().min(0).max(11)).max(12).describe('Places from 0; none: no vote any more'),
  commandId: id.optional(),
});
export const closeBody = z.object({ commandId: id.optional() });
export const joinBody = z.object({ commandId: id.optional() });
export const banBody = z.object({ userId: id, commandId: id.optional() });
export const roleBody = z.object({ role: z.enum(['owner', 'admin', 'member']), commandId: id.optional() });
const seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const eventsQuery = z.object({
  before: seq.optional(),
  after: seq.optional(),
  around: seq.optional(),
  since: seq.optional().describe('Events of this time or later, in ms since 1970, the oldest first'),
  limit: limit(100),
});
export const commandQuery = z.object({ commandId: id.optional() });
const PINNED_MAX = 100;
/** The last moment that a Date can be of. */
const TIME_MS_MAX = 8_640_000_000_000_000;
/** A 64-bit integer of JSON. */
const int64 = (max: number) =>
  z
    .union([z.string().regex(/^\d{1,16}$/), z.number().int().min(0)])
    .transform(Number)
    .refine((value) => value <= max, `want at most ${max}`);
export const flagsBody = z.object({
  pinned: z.boolean().optional().describe('Takes it out of the archive and out of hiding'),
  pinPlace: z.number().int().min(1).max(PINNED_MAX).optional().describe('Among the pinned; the first when absent'),
  muted: z.boolean().optional(),
  mutedUntilMs: int64(TIME_MS_MAX).optional().describe('For ever when absent or 0'),
  archived: z.boolean().optional().describe('Until a message comes while it is not muted'),
  hidden: z.boolean().optional().describe('Until a message comes'),
  markedUnread: z.boolean().optional(),
  messageNo: int64(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The count of messages that was known when it was archived or hidden; what it is now when absent'),
  commandId: id.optional(),
});
export const draftBody = z.object({
  text: z.string().default(''),
  replyToSeq: int64(Number.MAX_SAFE_INTEGER).optional(),
  commandId: id.optional(),
});
export const deleteQuery = z.object({
  forEveryone: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .describe('false: for oneself alone'),
  commandId: id.optional(),
});
const seqText = z.union([z.string().regex(/^\d{1,16}$/), z.number().int().min(0)]);
/** As the body of a `send` frame; the codec of frames checks it. */
export const messageBody = z.object({
  messageId: z.uuid().optional().describe('The id of the message, the same on every repeat; made here when absent'),
  content: z
    .looseObject({ text: z.looseObject({ body: z.string() }).optional() })
    .optional()
    .describe('One of the kinds of docs/contents.md'),
  forward: z
    .object({ conversationId: id, seq: seqText })
    .optional()
    .describe('A message to pass on, in place of a content'),
  replyToSeq: seqText.optional(),
  clientTimeMs: seqText.optional(),
  retry: z.boolean().optional(),
  knownSeq: seqText.optional(),
});

/** A body that fits its schema; null is as good as absent. Throws INVALID, naming the field. */
export function parseBody<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  return parse(schema, without(value, null));
}

/** A query that fits its schema; an empty value is as good as absent. Throws INVALID, naming the parameter. */
export function parseQuery<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  return parse(schema, without(value, ''));
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  const wanted = issue.message
    .replace(/^(Invalid|Too) [a-z]+: expected /, 'want ')
    .replace(/^Invalid ([a-z]+)$/, 'want another $1')
    .replace(', received', ', got');
  throw new ClatterError('INVALID', `${issue.path.join('.') || 'body'}: ${wanted}`);
}

/** An object without the fields of one value; nothing is an empty object. */
function without(value: unknown, empty: unknown): unknown {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== empty));
}
