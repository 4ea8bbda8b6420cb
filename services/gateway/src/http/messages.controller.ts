/** What is known of one message beside its event: whom it was for and how far they got, and who reacted to it. */
import type { MessagesService } from '@clatter/contracts/messages';
import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { MESSAGES, pathId, pathSeq } from './conversation-requests.ts';
import { Call } from './openapi.ts';
import { membersQuery, parseQuery } from './schemas.ts';

@ApiTags('messages')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/conversations/:id/events/:seq')
export class MessagesController {
  constructor(@Inject(MESSAGES) private readonly messages: MessagesService) {}

  @Get('receipts')
  @Call({
    summary: 'Whom a message was for, how far each of them got, and how many got how far',
    query: membersQuery,
    answer: answers.messageReceipts,
  })
  async receipts(
    @Caller() { userId }: Identity,
    @Param('id') id: string,
    @Param('seq') seqText: string,
    @Query() query: unknown,
  ): Promise<unknown> {
    const seq = pathSeq(seqText);
    const {
      items = [],
      nextCursor,
      members,
      delivered,
      read,
    } = await this.messages.listReceipts({
      ...parseQuery(membersQuery, query),
      userId,
      conversationId: pathId(id),
      seq,
    });
    return {
      items: items.map(({ userId: member, deliveredSeq = 0, readSeq = 0 }) => ({
        userId: member,
        status: readSeq >= seq ? 'read' : deliveredSeq >= seq ? 'delivered' : 'sent',
        deliveredSeq: String(deliveredSeq),
        readSeq: String(readSeq),
      })),
      nextCursor: nextCursor ?? null,
      members: members ?? 0,
      delivered: delivered ?? 0,
      read: read ?? 0,
    };
  }

  @Get('reactions')
  @Call({
    summary: 'Who reacted to a message, by emoji and person',
    query: membersQuery,
    answer: answers.page(answers.givenReaction),
  })
  async reactions(
    @Caller() { userId }: Identity,
    @Param('id') id: string,
    @Param('seq') seqText: string,
    @Query() query: unknown,
  ): Promise<unknown> {
    const { items = [], nextCursor } = await this.messages.listReactions({
      ...parseQuery(membersQuery, query),
      userId,
      conversationId: pathId(id),
      seq: pathSeq(seqText),
    });
    return {
      items: items.map(({ emoji, userId: member }) => ({ emoji, userId: member })),
      nextCursor: nextCursor ?? null,
    };
  }
}
