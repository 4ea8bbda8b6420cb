/** What one is to send later. It is scheduled by `POST /v1/conversations/{id}/messages` with `sendAtMs`. */
import type { Command, MessagesService } from '@clatter/contracts/messages';
import type { Ids } from '@clatter/runtime';
import { ClatterError, Content, type Input, ScheduledMessage } from '@clatter/wire';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { checkContent } from '../contents.ts';
import { addressedBy, checkSendAt } from '../schedules.ts';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { COMMANDS, commandIdentity, IDS, MESSAGES, pathId } from './conversation-requests.ts';
import type { HttpCommands } from './http-commands.ts';
import { Call } from './openapi.ts';
import { commandQuery, parseBody, parseQuery, scheduledBody } from './schemas.ts';

const listed = z.object({ items: z.array(answers.scheduled) });

@ApiTags('scheduled')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/scheduled')
export class ScheduledController {
  constructor(
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(COMMANDS) private readonly commands: HttpCommands,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  @Get()
  @Call({ summary: 'What one is to send later, or could not be sent, by its time: up to 100', answer: listed })
  async list(@Caller() { userId }: Identity): Promise<unknown> {
    const { items = [] } = await this.messages.listScheduled({ userId });
    return { items: items.map(asJson) };
  }

  @Patch(':messageId')
  @Call({
    summary: 'Change what it says or when it is sent, before it goes; or try one again that failed',
    body: scheduledBody,
    answer: z.object({ scheduled: answers.scheduled }),
  })
  async change(
    @Caller() { userId }: Identity,
    @Param('messageId') id: string,
    @Body() body: unknown,
  ): Promise<unknown> {
    const { content, sendAtMs, commandId } = parseBody(scheduledBody, body);
    if (content === undefined && sendAtMs === undefined)
      throw new ClatterError('INVALID', 'body: want content or sendAtMs');
    const messageId = pathId(id);
    await this.#submit(userId, commandId, {
      schedule: {
        change: {
          messageId,
          content: content === undefined ? undefined : checkContent('content', Content.fromJson(content, 'content')),
          sendAtMs: sendAtMs === undefined ? undefined : checkSendAt('sendAtMs', sendAtMs),
        },
      },
    });
    const { items = [] } = await this.messages.listScheduled({ userId });
    const scheduled = items.find((item) => item.messageId === messageId);
    // It may have gone since.
    if (!scheduled) throw new ClatterError('NOT_FOUND', 'messageId: no such message is scheduled');
    return { scheduled: asJson(scheduled) };
  }

  @Delete(':messageId')
  @HttpCode(204)
  @Call({ summary: 'Take it back before it goes, or forget one that failed', query: commandQuery, status: 204 })
  async cancel(@Caller() { userId }: Identity, @Param('messageId') id: string, @Query() query: unknown): Promise<void> {
    const { commandId } = parseQuery(commandQuery, query);
    await this.#submit(userId, commandId, { schedule: { cancel: { messageId: pathId(id) } } });
  }

  #submit(userId: string, commandId: string | undefined, body: Input<Command>): Promise<unknown> {
    const command = { ...body, ...commandIdentity(this.ids, commandId), conversationId: '', senderId: userId };
    return this.commands.submit(addressedBy(command, userId));
  }
}

/** As clients see it: where its content lies is the server's business. */
const asJson = (item: Input<ScheduledMessage>): unknown => {
  const { entrySeqs: _, ...json } = JSON.parse(ScheduledMessage.toJson(item)) as Record<string, unknown>;
  return json;
};
