/** Conversations for those without a socket. Writes are commands like those of sockets, and answer when they are stored. */

import type { AuthService } from '@clatter/contracts/auth';
import type { Command, MessagesService } from '@clatter/contracts/messages';
import { conversationIdOf, directConversationId, type Ids } from '@clatter/runtime';
import {
  Ack,
  ClatterError,
  ClientFrame,
  Conversation,
  FieldError,
  HistoryPage,
  type Input,
  Item,
  Send,
} from '@clatter/wire';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { checkId, checkLabel, commandOf } from '../commands.ts';
import type { Identity } from '../tokens.ts';
import { AUTH } from './accounts.controller.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import type { HttpCommands } from './http-commands.ts';
import {
  addMembersBody,
  commandQuery,
  conversationBody,
  eventsQuery,
  membersQuery,
  openApi,
  pageQuery,
  parse,
  renameBody,
  roleBody,
} from './schemas.ts';

export const MESSAGES = Symbol('MessagesService');
export const COMMANDS = Symbol('HttpCommands');
export const IDS = Symbol('Ids');

/** Which codes of a conversation mean that it is not there for the caller. */
const isAbsent = (error: unknown): boolean =>
  error instanceof ClatterError && (error.code === 'NOT_FOUND' || error.code === 'NOT_A_MEMBER');

@ApiTags('conversations')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/conversations')
export class ConversationsController {
  constructor(
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(COMMANDS) private readonly commands: HttpCommands,
    @Inject(AUTH) private readonly auth: () => AuthService,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Begin a conversation; 200 for a direct one that exists' })
  @ApiBody({ schema: openApi(conversationBody) })
  async create(
    @Caller() { userId }: Identity,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { kind, memberIds, title, commandId = this.ids.v7() } = parse(conversationBody, body);
    const others = [...new Set(memberIds)].filter((id) => id !== userId);
    if (kind === 'direct' && memberIds.length !== 1)
      throw new ClatterError('INVALID', 'memberIds: want one person in a direct conversation');
    await this.#checkPeople(userId, others);
    const direct = kind === 'direct';
    const conversationId = direct
      ? directConversationId(userId, others[0] ?? userId)
      : conversationIdOf(userId, commandId);
    const existed =
      direct &&
      (await this.#conversation(userId, conversationId).catch((error) =>
        isAbsent(error) ? undefined : Promise.reject(error),
      ));
    if (existed) {
      reply.status(200);
      return { conversation: existed };
    }
    await this.commands.submit({
      conversationId,
      senderId: userId,
      commandId,
      retry: true,
      create: { kind, title: direct ? '' : checkLabel('title', title), memberIds: others },
    });
    reply.status(201);
    return { conversation: await this.#conversation(userId, conversationId) };
  }

  @Get()
  @ApiOperation({ summary: 'The own conversations, most recent first' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false })
  async list(@Caller() { userId }: Identity, @Query() query: unknown): Promise<unknown> {
    const { items = [], nextCursor } = await this.messages.listConversations({ ...parse(pageQuery, query), userId });
    return { items: items.map((item) => JSON.parse(Item.toJson(item)) as unknown), nextCursor: nextCursor ?? null };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One conversation' })
  async get(@Caller() { userId }: Identity, @Param('id') id: string): Promise<unknown> {
    return { conversation: await this.#conversation(userId, pathId(id)) };
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change title or description' })
  @ApiBody({ schema: openApi(renameBody) })
  async rename(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { title, description, commandId } = parse(renameBody, body);
    if (title === undefined && description === undefined)
      throw new ClatterError('INVALID', 'body: want title or description');
    const rename = {
      title: title === undefined ? undefined : checkLabel('title', title),
      description: description === undefined ? undefined : checkLabel('description', description),
    };
    await this.#submit(userId, id, commandId, { rename });
    return { conversation: await this.#conversation(userId, pathId(id)) };
  }

  @Get(':id/members')
  @ApiOperation({ summary: 'The members' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false })
  async members(@Caller() { userId }: Identity, @Param('id') id: string, @Query() query: unknown): Promise<unknown> {
    const { items = [], nextCursor } = await this.messages.listMembers({
      ...parse(membersQuery, query),
      userId,
      conversationId: pathId(id),
    });
    return {
      items: items.map(({ joinedSeq, ...member }) => ({ ...member, joinedSeq: String(joinedSeq) })),
      nextCursor: nextCursor ?? null,
    };
  }

  @Post(':id/members')
  @HttpCode(200)
  @ApiOperation({ summary: 'Add people' })
  @ApiBody({ schema: openApi(addMembersBody) })
  async addMembers(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { userIds, commandId } = parse(addMembersBody, body);
    await this.#checkPeople(userId, userIds);
    const ack = await this.#submit(userId, id, commandId, { addMembers: { userIds } });
    return { seq: String(ack.seq) };
  }

  @Patch(':id/members/:userId')
  @ApiOperation({ summary: "Change a member's role" })
  @ApiBody({ schema: openApi(roleBody) })
  async setRole(
    @Caller() caller: Identity,
    @Param('id') id: string,
    @Param('userId') userId: string,
    @Body() body: unknown,
  ): Promise<unknown> {
    const { role, commandId } = parse(roleBody, body);
    const ack = await this.#submit(caller.userId, id, commandId, { setRole: { userId: pathId(userId), role } });
    return { seq: String(ack.seq) };
  }

  @Delete(':id/members/:userId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a member, or leave' })
  async removeMember(
    @Caller() caller: Identity,
    @Param('id') id: string,
    @Param('userId') userId: string,
    @Query() query: unknown,
  ): Promise<void> {
    await this.#submit(caller.userId, id, parse(commandQuery, query).commandId, {
      removeMember: { userId: pathId(userId) },
    });
  }

  @Get(':id/events')
  @ApiOperation({ summary: 'A page of the log, ascending; none of before, after and around: the newest' })
  @ApiQuery({ name: 'before', required: false })
  @ApiQuery({ name: 'after', required: false })
  @ApiQuery({ name: 'around', required: false })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  async events(@Caller() { userId }: Identity, @Param('id') id: string, @Query() query: unknown): Promise<unknown> {
    const { before, after, around, limit = 0 } = parse(eventsQuery, query);
    const history = { conversationId: pathId(id), beforeSeq: before, afterSeq: after, aroundSeq: around, limit };
    const { page } = await this.messages.history({ userId, history });
    return JSON.parse(HistoryPage.toJson(page ?? {}));
  }

  @Post(':id/messages')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send a message' })
  @ApiBody({ schema: { type: 'object', properties: { messageId: { type: 'string' }, content: { type: 'object' } } } })
  async send(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const send = parseSend(body);
    const { conversationId, ...command } = commandOf(
      ClientFrame.create({ ref: 1, send: { ...send, conversationId: pathId(id) } }),
    );
    const ack = await this.#submit(userId, conversationId, command.commandId, command);
    return JSON.parse(Ack.toJson(ack));
  }

  async #conversation(userId: string, conversationId: string): Promise<unknown> {
    const { conversation } = await this.messages.getConversation({ userId, conversationId });
    return JSON.parse(Conversation.toJson(conversation ?? {}));
  }

  /** A request may be a repeat of one whose answer was lost: its id is always looked up. */
  async #submit(userId: string, id: string, commandId: string | undefined, body: Input<Command>): Promise<Ack> {
    return this.commands.submit({
      ...body,
      conversationId: pathId(id),
      senderId: userId,
      commandId: commandId ?? this.ids.v7(),
      retry: true,
    });
  }

  async #checkPeople(viewerId: string, userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return;
    const { users = [] } = await this.auth().getUsers({ viewerId, userIds });
    const known = new Set(users.map((user) => user.userId));
    const missing = userIds.find((id) => !known.has(id));
    if (missing !== undefined) throw new ClatterError('NOT_FOUND', `memberIds: there is no person ${missing}`);
  }
}

/** An id of the path: what is none is not there. */
function pathId(id: string): string {
  try {
    return checkId('id', id);
  } catch {
    throw new ClatterError('NOT_FOUND', 'there is no such conversation');
  }
}

function parseSend(body: unknown): Send {
  try {
    return Send.fromJson(body, 'send');
  } catch (error) {
    if (error instanceof FieldError) throw new ClatterError('INVALID', error.message.replace(/^send\./, ''));
    throw error;
  }
}
