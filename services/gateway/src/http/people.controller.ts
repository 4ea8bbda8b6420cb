/** People to each other: what they show, whom they block and know, what they report and agree to. */
import type { BlockedPerson, Consent, Contact, PeopleService, Privacy } from '@clatter/contracts/auth';
import type { MessagesService } from '@clatter/contracts/messages';
import { isUuid } from '@clatter/runtime';
import { ClatterError, type HistoryPage, type Input, User } from '@clatter/wire';
import { Body, Controller, Delete, Get, Inject, Param, Patch, Post, Put, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { BlockCommands } from '../block-commands.ts';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { MESSAGES } from './conversation-requests.ts';
import { Call } from './openapi.ts';
import * as people from './people-schemas.ts';
import { parseBody, parseQuery } from './schemas.ts';

export const PEOPLE = Symbol('PeopleService');
export const BLOCKS = Symbol('BlockCommands');

const plainUser = (user: Input<User> | undefined): unknown => JSON.parse(User.toJson(user ?? {}));

@ApiTags('people')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1')
export class PeopleController {
  constructor(
    @Inject(PEOPLE) private readonly people: () => PeopleService,
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(BLOCKS) private readonly blockCommands: BlockCommands,
  ) {}

  @Get('me/privacy')
  @Call({ summary: 'What the caller shows and allows, and to whom', answer: people.privacyAnswer })
  async privacy(@Caller() { userId }: Identity): Promise<unknown> {
    return { privacy: plainPrivacy((await this.people().getPrivacy({ userId })).privacy) };
  }

  @Patch('me/privacy')
  @Call({ summary: 'Change that; what is left out stays', body: people.privacyBody, answer: people.privacyAnswer })
  async setPrivacy(@Caller() { userId }: Identity, @Body() body: unknown): Promise<unknown> {
    const change = parseBody(people.privacyBody, body);
    return { privacy: plainPrivacy((await this.people().setPrivacy({ userId, change })).privacy) };
  }

  @Get('me/blocks')
  @Call({ summary: 'Whom the caller blocks, the newest first', query: people.blocksQuery, answer: people.blocksPage })
  async blocks(@Caller() { userId }: Identity, @Query() query: unknown): Promise<unknown> {
    const asked = parseQuery(people.blocksQuery, query);
    const { items = [], nextCursor } = await this.people().listBlocks({ ...asked, userId });
    return {
      items: (items as readonly BlockedPerson[]).map(({ user, blockedAtMs }) => ({
        user: plainUser(user),
        blockedAtMs: String(blockedAtMs),
      })),
      nextCursor: nextCursor ?? null,
    };
  }

  @Put('me/blocks/:userId')
  @Call({ summary: 'Block a person; they are not told', status: 204 })
  async block(@Caller() { userId }: Identity, @Param('userId') blockedId: string): Promise<void> {
    await this.#setBlock(userId, personId(blockedId), true);
  }

  @Delete('me/blocks/:userId')
  @Call({ summary: 'Unblock a person', status: 204 })
  async unblock(@Caller() { userId }: Identity, @Param('userId') blockedId: string): Promise<void> {
    await this.#setBlock(userId, personId(blockedId), false);
  }

  @Get('me/contacts')
  @Call({ summary: 'The contacts of the caller, by name', query: people.contactsQuery, answer: people.contactsPage })
  async contacts(@Caller() { userId }: Identity, @Query() query: unknown): Promise<unknown> {
    const asked = parseQuery(people.contactsQuery, query);
    const { items = [], nextCursor } = await this.people().listContacts({ ...asked, userId });
    return { items: (items as readonly Contact[]).map(plainContact), nextCursor: nextCursor ?? null };
  }

  @Put('me/contacts/:userId')
  @Call({ summary: 'Add a contact, or rename it', body: people.contactBody, answer: people.contactAnswer })
  async putContact(
    @Caller() { userId }: Identity,
    @Param('userId') contactId: string,
    @Body() body: unknown,
  ): Promise<unknown> {
    const asked = { userId, contactId: personId(contactId), present: true, ...parseBody(people.contactBody, body) };
    const { contact } = await this.people().setContact(asked);
    return { contact: plainContact(contact as Contact) };
  }

  @Delete('me/contacts/:userId')
  @Call({ summary: 'Remove a contact', status: 204 })
  async removeContact(@Caller() { userId }: Identity, @Param('userId') contactId: string): Promise<void> {
    await this.people().setContact({ userId, contactId: personId(contactId), present: false });
  }

  @Post('reports')
  @Call({
    summary: 'Report a person, or a message that the caller sees, to the operator; nobody else is told',
    body: people.reportBody,
    status: 201,
    answer: people.reportAnswer,
  })
  async report(@Caller() { userId }: Identity, @Body() body: unknown): Promise<unknown> {
    const { userId: reportedId, conversationId, seq, reason, note } = parseBody(people.reportBody, body);
    if ((conversationId === undefined) !== (seq === undefined))
      throw new ClatterError('INVALID', 'seq: want it with conversationId, or neither');
    if ((reportedId === undefined) === (conversationId === undefined))
      throw new ClatterError('INVALID', 'userId: want it, or conversationId and seq');
    const about =
      conversationId !== undefined && seq !== undefined
        ? await this.#message(userId, conversationId, seq)
        : { reportedId: reportedId as string };
    const { reportId = '' } = await this.people().report({ userId, ...about, reason, note });
    return { reportId };
  }

  @Get('me/consents')
  @Call({ summary: 'What the caller agreed to, the newest first', answer: answers.page(people.consent) })
  async consents(@Caller() { userId }: Identity): Promise<unknown> {
    const { items = [] } = await this.people().listConsents({ userId });
    return { items: (items as readonly Consent[]).map(plainConsent), nextCursor: null };
  }

  @Post('me/consents')
  @Call({
    summary: 'Record that the caller agrees to a version of a text, or withdraws',
    body: people.consentBody,
    status: 201,
    answer: z.object({ consent: people.consent }),
  })
  async recordConsent(@Caller() { userId }: Identity, @Body() body: unknown): Promise<unknown> {
    const { consent } = await this.people().recordConsent({ ...parseBody(people.consentBody, body), userId });
    return { consent: plainConsent(consent as Consent) };
  }

  /** Answers when the log of their conversation has it, where there is one. */
  async #setBlock(userId: string, blockedId: string, blocked: boolean): Promise<void> {
    const { number = 0 } = await this.people().setBlock({ userId, blockedId, blocked });
    if (number > 0) await this.blockCommands.submit({ userId, blockedId, blocked, number });
  }

  /** Of a message, as whoever reports it sees it. Throws NOT_FOUND. */
  async #message(userId: string, conversationId: string, seq: number) {
    const { page } = await this.messages.history({ userId, history: { conversationId, aroundSeq: seq, limit: 1 } });
    const event = (page as HistoryPage | undefined)?.events[0];
    if (event?.seq !== seq || !event.message)
      throw new ClatterError('NOT_FOUND', 'seq: there is no message of it in this conversation');
    return { reportedId: event.senderId, conversationId, seq, content: event.message.content };
  }
}

/** A person of the path: what is no id is nobody. */
function personId(text: string): string {
  const id = text.toLowerCase();
  if (!isUuid(id)) throw new ClatterError('NOT_FOUND', 'userId: there is no such person');
  return id;
}

const plainPrivacy = (privacy: Input<Privacy> | undefined): unknown => ({ ...privacy });
const plainContact = ({ user, name, addedAtMs }: Contact): unknown => ({
  user: plainUser(user),
  name,
  addedAtMs: String(addedAtMs),
});
const plainConsent = ({ atMs, ...consent }: Consent): unknown => ({ ...consent, atMs: String(atMs) });
