/** Votes in polls. */
import type { Command, MessagesService } from '@clatter/contracts/messages';
import type { Ids } from '@clatter/runtime';
import type { Input } from '@clatter/wire';
import { Body, Controller, Get, Inject, Param, Post, Put, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { COMMANDS, commandIdentity, IDS, MESSAGES, pathId, pathSeq } from './conversation-requests.ts';
import type { HttpCommands } from './http-commands.ts';
import { Call } from './openapi.ts';
import { closeBody, parseBody, voteBody } from './schemas.ts';

@ApiTags('messages')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/conversations/:id/polls/:seq')
export class PollsController {
  constructor(
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(COMMANDS) private readonly commands: HttpCommands,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  @Get('votes')
  @Call({ summary: 'Who chose what; 403 for an anonymous poll', answer: answers.page(answers.vote) })
  async votes(@Caller() { userId }: Identity, @Param('id') id: string, @Param('seq') seq: string): Promise<unknown> {
    const asked = { userId, conversationId: pathId(id), seq: pathSeq(seq) };
    const { items = [] } = await this.messages.listVotes(asked);
    return { items: items.map(({ userId: voter, options = [] }) => ({ userId: voter, options })), nextCursor: null };
  }

  @Put('vote')
  @Call({ summary: "Vote in place of one's vote before; none: take it back", body: voteBody, answer: answers.change })
  vote(@Caller() caller: Identity, @Param('id') id: string, @Param('seq') seq: string, @Body() body: unknown) {
    const { options, commandId } = parseBody(voteBody, body);
    return this.#submit(caller, id, commandId, { vote: { seq: pathSeq(seq), options } });
  }

  @Post('close')
  @Call({ summary: 'End a poll of oneself', body: closeBody, answer: answers.change })
  close(@Caller() caller: Identity, @Param('id') id: string, @Param('seq') seq: string, @Body() body: unknown) {
    const { commandId } = parseBody(closeBody, body);
    return this.#submit(caller, id, commandId, { closePoll: { seq: pathSeq(seq) } });
  }

  async #submit(
    { userId }: Identity,
    id: string,
    commandId: string | undefined,
    body: Input<Command>,
  ): Promise<unknown> {
    const ack = await this.commands.submit({
      ...body,
      ...commandIdentity(this.ids, commandId),
      conversationId: pathId(id),
      senderId: userId,
    });
    return { seq: String(ack.seq) };
  }
}
