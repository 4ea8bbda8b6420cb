/** What a person makes of a conversation for themselves. Each change is an event of their own log, and of no use to anybody else. */
import type { Command, MessagesService } from '@clatter/contracts/messages';
import type { Ids } from '@clatter/runtime';
import { ClatterError, ConversationFlags, Draft, type Input, SetDraft, SetFlags } from '@clatter/wire';
import { Body, Controller, Delete, Get, Inject, Param, Patch, Put, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { draftCommandOf, flagsCommandOf } from '../own-commands.ts';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { COMMANDS, commandIdentity, IDS, MESSAGES, pathId } from './conversation-requests.ts';
import type { HttpCommands } from './http-commands.ts';
import { Call } from './openapi.ts';
import { commandQuery, deleteQuery, draftBody, flagsBody, parseBody, parseQuery } from './schemas.ts';

const own = z.object({ flags: answers.flags, draft: answers.draft.optional() });

/** Of the tail of a field's name, as a request has it. */
const unprefixed = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof ClatterError) throw new ClatterError(error.code, error.message.replace(/^set\w+[.:] ?/, ''));
    throw error;
  }
};

@ApiTags('conversations')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/conversations')
export class OwnController {
  constructor(
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(COMMANDS) private readonly commands: HttpCommands,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  @Get(':id/flags')
  @Call({ summary: 'What the caller made of a conversation for themselves', answer: own })
  get(@Caller() { userId }: Identity, @Param('id') id: string): Promise<unknown> {
    return this.#own(userId, pathId(id));
  }

  @Patch(':id/flags')
  @Call({
    summary: 'Pin, mute, archive, hide a conversation, or mark it as unread; what is left out stays',
    body: flagsBody,
    answer: own,
  })
  async setFlags(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { commandId, ...wanted } = parseBody(flagsBody, body);
    const conversationId = pathId(id);
    const { messageNo } = await this.messages.getConversation({ userId, conversationId });
    await this.#submit(commandId, (identity) =>
      flagsCommandOf(SetFlags.create({ messageNo: messageNo ?? 0, ...wanted, ...identity, conversationId }), userId),
    );
    return this.#own(userId, conversationId);
  }

  @Put(':id/draft')
  @Call({ summary: 'Keep what the caller began to write', body: draftBody, answer: own })
  async setDraft(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { commandId, ...draft } = parseBody(draftBody, body);
    const conversationId = pathId(id);
    await this.messages.getConversation({ userId, conversationId });
    await this.#submit(commandId, (identity) =>
      draftCommandOf(SetDraft.create({ ...draft, ...identity, conversationId }), userId),
    );
    return this.#own(userId, conversationId);
  }

  @Delete(':id/draft')
  @Call({ summary: 'Forget what the caller began to write', query: commandQuery, status: 204 })
  async clearDraft(@Caller() { userId }: Identity, @Param('id') id: string, @Query() query: unknown): Promise<void> {
    const { commandId } = parseQuery(commandQuery, query);
    const conversationId = pathId(id);
    await this.messages.getConversation({ userId, conversationId });
    await this.#submit(commandId, (identity) =>
      draftCommandOf(SetDraft.create({ ...identity, conversationId }), userId),
    );
  }

  @Delete(':id/messages/:seq')
  @Call({ summary: 'Delete a message, for everyone or for the caller alone', query: deleteQuery, status: 204 })
  async remove(
    @Caller() { userId }: Identity,
    @Param('id') id: string,
    @Param('seq') seqText: string,
    @Query() query: unknown,
  ): Promise<void> {
    const { forEveryone, commandId } = parseQuery(deleteQuery, query);
    const conversationId = pathId(id);
    const seq = /^[1-9]\d{0,15}$/.test(seqText) ? Number(seqText) : 0;
    if (!Number.isSafeInteger(seq) || seq === 0) throw new ClatterError('NOT_FOUND', 'seq: there is no such message');
    if (!forEveryone) await this.messages.getConversation({ userId, conversationId });
    await this.#submit(commandId, ({ commandId: made, retry }) => ({
      conversationId: forEveryone ? conversationId : userId,
      commandId: made,
      retry,
      senderId: userId,
      ...(forEveryone ? { delete: { seq } } : { deleteForMe: { conversationId, seq } }),
    }));
  }

  async #submit(
    commandId: string | undefined,
    command: (identity: { commandId: string; retry: boolean }) => Input<Command> & {
      conversationId: string;
      commandId: string;
      senderId: string;
    },
  ): Promise<void> {
    await this.commands.submit(unprefixed(() => command(commandIdentity(this.ids, commandId))));
  }

  async #own(userId: string, conversationId: string): Promise<unknown> {
    const { flags = {}, draft } = await this.messages.getConversation({ userId, conversationId });
    return {
      flags: JSON.parse(ConversationFlags.toJson(flags)) as unknown,
      ...(draft && { draft: JSON.parse(Draft.toJson(draft)) as unknown }),
    };
  }
}
