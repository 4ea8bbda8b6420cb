/** The bodies, queries and answers of what people are to each other. */
import { isUuid } from '@clatter/runtime';
import { z } from 'zod';
import * as answers from './answers.ts';
import { limit, text } from './schemas.ts';

const id = z
  .string()
  .transform((value) => value.toLowerCase())
  .refine(isUuid, 'want a UUID');
const int64 = z.string().regex(/^\d+$/);
const cursor = z.string().max(100).optional();
const audience = z.enum(['everyone', 'contacts', 'nobody']);

const fields = {
  presence: audience.describe('Who sees whether they are there, and when they last were'),
  avatar: audience.describe('Who sees their picture'),
  bio: audience.describe('Who sees what they wrote of themselves'),
  statusText: audience.describe('Who sees what they are up to'),
  messages: audience.describe('Who may begin a direct conversation with them'),
  groups: audience.describe('Who may add them to groups and channels'),
  inDirectory: z.boolean().describe('Whether a search of people finds them'),
};
export const privacyBody = z.object(fields).partial();
export const privacyAnswer = z.object({ privacy: z.looseObject(fields) });

export const blocksQuery = z.object({ limit: limit(100), cursor });
export const blocksPage = answers.page(z.looseObject({ user: answers.user, blockedAtMs: int64 }));

export const contactsQuery = z.object({
  query: text(100).default('').describe('What words of their name or username begin with'),
  locale: text(35).default('').describe('A language tag (BCP 47), by whose order names are sorted; en when absent'),
  limit: limit(500),
  cursor,
});
const contact = z.looseObject({
  user: answers.user,
  name: z.string().describe('What the caller calls them; empty: by their own name'),
  addedAtMs: int64,
});
export const contactsPage = answers.page(contact);
export const contactBody = z
  .object({ name: text(200).optional().describe('What the caller calls them; empty: by their own name') })
  .default({});
export const contactAnswer = z.object({ contact });

export const reportBody = z.object({
  userId: id.optional().describe('Of a person; of a message it is its sender'),
  conversationId: id.optional(),
  seq: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  reason: z.enum(['spam', 'harassment', 'impersonation', 'illegal', 'other']),
  note: text(2000).default('').describe('At most 1,000 characters'),
});
export const reportAnswer = z.object({ reportId: z.uuid() });

export const consentBody = z.object({
  purpose: text(64).describe("Such as terms: 1 to 64 of a–z, 0–9, '.', '_' and '-'"),
  version: text(64),
  given: z.boolean().describe('false: withdrawn'),
});
export const consent = z.looseObject({
  purpose: z.string(),
  version: z.string(),
  given: z.boolean(),
  atMs: int64,
});
