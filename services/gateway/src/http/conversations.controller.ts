/** Conversations for those without a socket. Writes are commands like those of sockets, and answer when they are stored. */

import type { PeopleService, Relation } from '@clatter/contracts/auth';
import type { Command, MessagesService } from '@clatter/contracts/messages';
import { conversationIdOf, directConversationId, followingCommandId, type Ids } from '@clatter/runtime';
import { Ack, ClatterError, ClientFrame, FieldError, HistoryPage, type Input, Item, Member, Send } from '@clatter/wire';
import { Body, Controller, Delete, Get, Inject, Param, Patch, Post, Query, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { BlockCommands } from '../block-commands.ts';
import { checkLabel, checkPictureUrl, commandOf, forwardOf } from '../commands.ts';
import { readForward } from '../forwards.ts';
import { addressedBy } from '../schedules.ts';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import {
  COMMANDS,
  checkChannels,
  commandIdentity,
  IDS,
  MESSAGES,
  oneConversation,
  pathId,
  readConversation,
} from './conversation-requests.ts';
import type { HttpCommands } from './http-commands.ts';
import { Call } from './openapi.ts';
import { BLOCKS, PEOPLE } from './people.controller.ts';
import {
  addMembersBody,
  banBody,
  changeBody,
  commandQuery,
  conversationBody,
  eventsQuery,
  listQuery,
  membersQuery,
  messageBody,
  parseBody,
  parseQuery,
  roleBody,
} from './schemas.ts';

/** Which codes of a conversation mean that it is not there for the caller. */
const isAbsent = (error: unknown): boolean =>
  error instanceof ClatterError && (error.code === 'NOT_FOUND' || error.code === 'NOT_A_MEMBER');

/** People whom auth is asked for in one call. */
const CHECKED_MAX = 500;

@ApiTags('conversations')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/conversations')
export class ConversationsController {
  constructor(
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(COMMANDS) private readonly commands: HttpCommands,
    @Inject(PEOPLE) private readonly people: () => PeopleService,
    @Inject(BLOCKS) private readonly blocks: BlockCommands,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  @Post()
  @Call({
    summary: 'Begin a conversation; 200 for a direct one that exists',
    body: conversationBody,
    status: 201,
    answer: oneConversation,
  })
  async create(
    @Caller() { userId }: Identity,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { kind, memberIds, title, pictureUrl = '', commandId } = parseBody(conversationBody, body);
    const others = [...new Set(memberIds)].filter((id) => id !== userId);
    if (kind === 'direct' && memberIds.length !== 1)
      throw new ClatterError('INVALID', 'memberIds: want one person in a direct conversation');
    const direct = kind === 'direct';
    const identity = this.#identity(commandId);
    const conversationId = direct
      ? directConversationId(userId, others[0] ?? userId)
      : conversationIdOf(userId, identity.commandId);
    const existed =
      direct &&
      (await this.#conversation(userId, conversationId).catch((error) =>
        isAbsent(error) ? undefined : Promise.reject(error),
      ));
    if (existed) {
      reply.status(200);
      return { conversation: existed };
    }
    await this.#checkPeople(userId, 'memberIds', others, direct ? 'mayMessage' : 'mayAdd');
    if (kind === 'channel') await checkChannels(this.messages, 'memberIds', [userId, ...others]);
    await this.commands.submit({
      conversationId,
      senderId: userId,
      ...identity,
      create: {
        kind,
        title: direct ? '' : checkLabel('title', title),
        memberIds: others,
        pictureUrl: direct ? undefined : checkPictureUrl('pictureUrl', pictureUrl),
      },
    });
    if (direct && others[0] !== undefined) await this.#heedBlocks(userId, others[0]);
    return { conversation: await this.#conversation(userId, conversationId) };
  }

  @Get()
  @Call({
    summary: 'The own conversations, most recent first, or the pinned in their order; without hidden ones',
    query: listQuery,
    answer: answers.page(answers.item),
  })
  async list(@Caller() { userId }: Identity, @Query() query: unknown): Promise<unknown> {
    const { items = [], nextCursor } = await this.messages.listConversations({
      ...parseQuery(listQuery, query),
      userId,
    });
    return { items: items.map((item) => JSON.parse(Item.toJson(item)) as unknown), nextCursor: nextCursor ?? null };
  }

  @Get(':id')
  @Call({ summary: 'One conversation', answer: oneConversation })
  async get(@Caller() { userId }: Identity, @Param('id') id: string): Promise<unknown> {
    return { conversation: await this.#conversation(userId, pathId(id)) };
  }

  @Patch(':id')
  @Call({ summary: 'Change title, description, picture or settings', body: changeBody, answer: oneConversation })
  async change(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { title, description, pictureUrl, settings, commandId } = parseBody(changeBody, body);
    const renames = title !== undefined || description !== undefined || pictureUrl !== undefined;
    const sets = settings !== undefined && Object.values(settings).some((value) => value !== undefined);
    if (!renames && !sets) throw new ClatterError('INVALID', 'body: want title, description, pictureUrl or settings');
    const rename = {
      title: title === undefined ? undefined : checkLabel('title', title),
      description: description === undefined ? undefined : checkLabel('description', description),
      pictureUrl: pictureUrl === undefined ? undefined : checkPictureUrl('pictureUrl', pictureUrl),
    };
    // Two events where both are asked for: a repeat of the request repeats both.
    if (renames) await this.#submit(userId, id, commandId, { rename });
    if (sets)
      await this.#submit(userId, id, renames && commandId ? followingCommandId(commandId, 'settings') : commandId, {
        changeSettings: settings,
      });
    return { conversation: await this.#conversation(userId, pathId(id)) };
  }

  @Get(':id/members')
  @Call({ summary: 'The members', query: membersQuery, answer: answers.page(answers.member) })
  async members(@Caller() { userId }: Identity, @Param('id') id: string, @Query() query: unknown): Promise<unknown> {
    const { items = [], nextCursor } = await this.messages.listMembers({
      ...parseQuery(membersQuery, query),
      userId,
      conversationId: pathId(id),
    });
    return {
      items: items.map((member) => JSON.parse(Member.toJson(member)) as unknown),
      nextCursor: nextCursor ?? null,
    };
  }

  @Post(':id/members')
  @Call({ summary: 'Add people', body: addMembersBody, answer: answers.change })
  async addMembers(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { userIds, commandId } = parseBody(addMembersBody, body);
    await this.#checkPeople(userId, 'userIds', userIds, 'mayAdd');
    if (await this.#isChannel(userId, id)) await checkChannels(this.messages, 'userIds', userIds);
    const ack = await this.#submit(userId, id, commandId, { addMembers: { userIds } });
    return { seq: String(ack.seq) };
  }

  @Patch(':id/members/:userId')
  @Call({ summary: "Change a member's role", body: roleBody, answer: answers.change })
  async setRole(
    @Caller() caller: Identity,
    @Param('id') id: string,
    @Param('userId') userId: string,
    @Body() body: unknown,
  ): Promise<unknown> {
    const { role, commandId } = parseBody(roleBody, body);
    const ack = await this.#submit(caller.userId, id, commandId, { setRole: { userId: pathId(userId), role } });
    return { seq: String(ack.seq) };
  }

  @Delete(':id/members/:userId')
  @Call({ summary: 'Remove a member, or leave', query: commandQuery, status: 204 })
  async removeMember(
    @Caller() caller: Identity,
    @Param('id') id: string,
    @Param('userId') userId: string,
    @Query() query: unknown,
  ): Promise<void> {
    await this.#submit(caller.userId, id, parseQuery(commandQuery, query).commandId, {
      removeMember: { userId: pathId(userId) },
    });
  }

  @Get(':id/bans')
  @Call({ summary: 'The people who are banned', query: membersQuery, answer: answers.page(answers.banned) })
  async bans(@Caller() { userId }: Identity, @Param('id') id: string, @Query() query: unknown): Promise<unknown> {
    const asked = { ...parseQuery(membersQuery, query), userId, conversationId: pathId(id) };
    const { userIds = [], nextCursor } = await this.messages.listBans(asked);
    return { items: userIds.map((banned) => ({ userId: banned })), nextCursor: nextCursor ?? null };
  }

  @Post(':id/bans')
  @Call({ summary: 'Ban a person, removing them where they are a member', body: banBody, answer: answers.change })
  async ban(@Caller() caller: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { userId, commandId } = parseBody(banBody, body);
    const ack = await this.#submit(caller.userId, id, commandId, { ban: { userId } });
    return { seq: String(ack.seq) };
  }

  @Delete(':id/bans/:userId')
  @Call({ summary: 'Let a person in again', query: commandQuery, status: 204 })
  async unban(
    @Caller() caller: Identity,
    @Param('id') id: string,
    @Param('userId') userId: string,
    @Query() query: unknown,
  ): Promise<void> {
    await this.#submit(caller.userId, id, parseQuery(commandQuery, query).commandId, {
      unban: { userId: pathId(userId) },
    });
  }

  @Get(':id/events')
  @Call({
    summary: 'A page of the log, ascending; none of before, after, around and since: the newest',
    query: eventsQuery,
    answer: answers.events,
  })
  async events(@Caller() { userId }: Identity, @Param('id') id: string, @Query() query: unknown): Promise<unknown> {
    const { before, after, around, since, limit = 0 } = parseQuery(eventsQuery, query);
    const place = { beforeSeq: before, afterSeq: after, aroundSeq: around, sinceMs: since };
    const history = { conversationId: pathId(id), ...place, limit };
    const { page } = await this.messages.history({ userId, history });
    return JSON.parse(HistoryPage.toJson(page ?? {}));
  }

  @Post(':id/messages')
  @Call({ summary: 'Send a message', body: messageBody, answer: answers.ack })
  async send(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const conversationId = pathId(id);
    const { messageId, ...send } = parseSend(body);
    const identity = this.#identity(messageId === '' ? undefined : messageId);
    const frame = ClientFrame.create({ ref: 1, send: { ...send, messageId: identity.commandId, conversationId } });
    const [command, forward] = unprefixed(() => [commandOf(frame, userId), forwardOf(frame)] as const);
    const passedOn = forward && (await readForward(this.messages, userId, conversationId, forward));
    const says = command.schedule ? {} : { send: { ...command.send, ...passedOn } };
    const addressed = addressedBy(command, userId);
    const ack = await this.commands.submit({ ...addressed, ...identity, ...says });
    return JSON.parse(Ack.toJson(ack));
  }

  async #isChannel(userId: string, id: string): Promise<boolean> {
    const { conversation } = await this.messages.getConversation({ userId, conversationId: pathId(id) });
    return conversation?.kind === 'channel';
  }

  #conversation(userId: string, conversationId: string): Promise<unknown> {
    return readConversation(this.messages, userId, conversationId);
  }

  async #submit(userId: string, id: string, commandId: string | undefined, body: Input<Command>): Promise<Ack> {
    return this.commands.submit({
      ...body,
      ...this.#identity(commandId),
      conversationId: pathId(id),
      senderId: userId,
    });
  }

  #identity(id: string | undefined): { commandId: string; retry: boolean } {
    return commandIdentity(this.ids, id);
  }

  /**
   * That people are there and allow it: facts of auth, checked before the command, for the log of a conversation that begins knows nothing of
   * its members. Whoever is blocked is told what everybody is told whom privacy keeps out.
   */
  async #checkPeople(
    viewerId: string,
    field: string,
    userIds: readonly string[],
    wanted: 'mayMessage' | 'mayAdd',
  ): Promise<void> {
    const others = userIds.filter((id) => id !== viewerId);
    const known = await this.#relations(viewerId, others);
    for (const id of others) {
      const relation = known.get(id);
      if (!relation) throw new ClatterError('NOT_FOUND', `${field}: there is no person ${id}`);
      if (relation.blockedNumber > 0) throw new ClatterError('FORBIDDEN', `${field}: you block ${id}`);
      if (!relation[wanted])
        throw new ClatterError(
          'FORBIDDEN',
          `${field}: ${id} ${wanted === 'mayMessage' ? 'takes no messages from you' : 'is not to be added by you'}`,
        );
    }
  }

  async #relations(viewerId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, Relation>> {
    const known = new Map<string, Relation>();
    for (let from = 0; from < userIds.length; from += CHECKED_MAX) {
      const some = userIds.slice(from, from + CHECKED_MAX);
      const { relations = [] } = await this.people().getRelations({ viewerId, userIds: some });
      for (const relation of relations as readonly Relation[]) known.set(relation.userId, relation);
    }
    return known;
  }

  /** A block that came between the check and the command found no conversation; it has one now. */
  async #heedBlocks(userId: string, otherId: string): Promise<void> {
    const relation = (await this.#relations(userId, [otherId])).get(otherId);
    const { blockedNumber = 0, blockedByNumber = 0 } = relation ?? {};
    if (blockedNumber > 0)
      await this.blocks.submit({ userId, blockedId: otherId, blocked: true, number: blockedNumber });
    if (blockedByNumber > 0)
      await this.blocks.submit({ userId: otherId, blockedId: userId, blocked: true, number: blockedByNumber });
  }
}

/** The body as a `send`; the conversation is in the path. */
const parseSend = (body: unknown): Send => unprefixed(() => Send.fromJson(body ?? {}, 'send'));

/** Names fields as the body of a request does, without the name of a frame before. */
function unprefixed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FieldError || (error instanceof ClatterError && error.code === 'INVALID'))
      throw new ClatterError('INVALID', error.message.replace(/^send\./, '').replace(/^send:/, 'body:'));
    throw error;
  }
}
