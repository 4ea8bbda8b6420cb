/** The pinned messages of a conversation. */
import type { MessagesService } from '@clatter/contracts/messages';
import type { Ids } from '@clatter/runtime';
import { Pin } from '@clatter/wire';
import { Controller, Delete, Get, Inject, Param, Put, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { COMMANDS, commandIdentity, IDS, MESSAGES, pathId, pathSeq } from './conversation-requests.ts';
import type { HttpCommands } from './http-commands.ts';
import { Call } from './openapi.ts';
import { commandQuery, parseQuery } from './schemas.ts';

@ApiTags('messages')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/conversations/:id/pins')
export class PinsController {
  constructor(
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(COMMANDS) private readonly commands: HttpCommands,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  @Get()
  @Call({ summary: 'The pinned messages, as they are now', answer: answers.page(answers.pin) })
  async list(@Caller() { userId }: Identity, @Param('id') id: string): Promise<unknown> {
    const { items = [] } = await this.messages.listPins({ userId, conversationId: pathId(id) });
    return { items: items.map((pin) => JSON.parse(Pin.toJson(pin)) as unknown), nextCursor: null };
  }

  @Put(':seq')
  @Call({ summary: 'Pin a message', query: commandQuery, answer: answers.change })
  pin(@Caller() caller: Identity, @Param('id') id: string, @Param('seq') seq: string, @Query() query: unknown) {
    return this.#submit(caller, id, seq, query, false);
  }

  @Delete(':seq')
  @Call({ summary: 'Unpin a message', query: commandQuery, answer: answers.change })
  unpin(@Caller() caller: Identity, @Param('id') id: string, @Param('seq') seq: string, @Query() query: unknown) {
    return this.#submit(caller, id, seq, query, true);
  }

  async #submit({ userId }: Identity, id: string, seq: string, query: unknown, remove: boolean): Promise<unknown> {
    const { commandId } = parseQuery(commandQuery, query);
    const ack = await this.commands.submit({
      ...commandIdentity(this.ids, commandId),
      conversationId: pathId(id),
      senderId: userId,
      pin: { seq: pathSeq(seq), remove },
    });
    return { seq: String(ack.seq) };
  }
}
