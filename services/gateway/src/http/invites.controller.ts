/** Invite links of groups: made, listed and ended by admins, followed by whoever has one. */
import type { AuthService } from '@clatter/contracts/auth';
import type { MessagesService } from '@clatter/contracts/messages';
import type { Ids } from '@clatter/runtime';
import { ClatterError, Conversation, Invite } from '@clatter/wire';
import { Body, Controller, Delete, Get, Inject, Param, Post, Query, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../tokens.ts';
import { AUTH } from './accounts.controller.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import {
  COMMANDS,
  commandIdentity,
  firstFull,
  IDS,
  MESSAGES,
  oneConversation,
  pathId,
  readConversation,
} from './conversation-requests.ts';
import type { HttpCommands } from './http-commands.ts';
import { inviteIdOf, inviteTokenOf, readInviteToken } from './invite-token.ts';
import { Call } from './openapi.ts';
import { commandQuery, inviteBody, joinBody, parseBody, parseQuery } from './schemas.ts';

export const PUBLIC_URL = Symbol('CLATTER_PUBLIC_URL');

const noInvite = (): ClatterError => new ClatterError('NOT_FOUND', 'token: there is no such invite');

@ApiTags('invites')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1')
export class InvitesController {
  constructor(
    @Inject(MESSAGES) private readonly messages: MessagesService,
    @Inject(COMMANDS) private readonly commands: HttpCommands,
    @Inject(AUTH) private readonly auth: () => AuthService,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  @Get('conversations/:id/invites')
  @Call({ summary: 'The invites that are good now', answer: answers.page(answers.invite) })
  async list(@Caller() { userId }: Identity, @Param('id') id: string): Promise<unknown> {
    const { items = [] } = await this.messages.listInvites({ userId, conversationId: pathId(id) });
    return { items: items.map((invite) => JSON.parse(Invite.toJson(invite)) as unknown), nextCursor: null };
  }

  @Post('conversations/:id/invites')
  @Call({
    summary: 'Make an invite; its token is told here alone',
    body: inviteBody,
    status: 201,
    answer: z.object({ invite: answers.madeInvite }),
  })
  async create(
    @Caller() { userId }: Identity,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<unknown> {
    const { expiresInSeconds = 0, maxUses = 0, commandId } = parseBody(inviteBody, body);
    const conversationId = pathId(id);
    const identity = commandIdentity(this.ids, commandId);
    // The token follows from the command: a repeat of the request gets the same one.
    const asked = { conversationId, userId, commandId: identity.commandId };
    const { secret = new Uint8Array(0) } = await this.auth().getInviteSecret(asked);
    const { token, inviteId } = inviteTokenOf(conversationId, secret);
    const expiresInMs = expiresInSeconds * 1000;
    const ack = await this.commands.submit({
      conversationId,
      senderId: userId,
      ...identity,
      createInvite: { inviteId, expiresInMs, maxUses },
    });
    const url = `${this.publicUrl || `${request.protocol}://${request.host}`}/invite/${token}`;
    const expiresAtMs = String(expiresInMs === 0 ? 0 : ack.sentAtMs + expiresInMs);
    return { invite: { token, url, inviteId, expiresAtMs, maxUses } };
  }

  @Delete('conversations/:id/invites/:token')
  @Call({ summary: 'End an invite, named by its token or its id', query: commandQuery, status: 204 })
  async revoke(
    @Caller() { userId }: Identity,
    @Param('id') id: string,
    @Param('token') token: string,
    @Query() query: unknown,
  ): Promise<void> {
    const inviteId = inviteIdOf(token);
    if (inviteId === undefined) throw noInvite();
    await this.commands.submit({
      conversationId: pathId(id),
      senderId: userId,
      ...commandIdentity(this.ids, parseQuery(commandQuery, query).commandId),
      revokeInvite: { inviteId },
    });
  }

  @Get('invites/:token')
  @Call({
    summary: 'Where an invite leads, before one joins; 404 where a join would be',
    answer: z.object({ invite: answers.invitePreview }),
  })
  async preview(@Caller() { userId }: Identity, @Param('token') text: string): Promise<unknown> {
    const invite = readInviteToken(text);
    if (!invite) throw noInvite();
    const { conversationId, inviteId } = invite;
    const asked = { userId, conversationId, inviteId };
    const { conversation = {}, expiresAtMs = 0 } = await this.messages.previewInvite(asked);
    const shown = JSON.parse(Conversation.toJson(conversation)) as unknown;
    return { invite: { conversation: shown, expiresAtMs: String(expiresAtMs) } };
  }

  @Post('invites/:token/join')
  @Call({
    summary: 'Become a member; 404 where the invite is used up, has expired or was ended, and for who is banned',
    body: joinBody,
    answer: oneConversation,
  })
  async join(@Caller() { userId }: Identity, @Param('token') text: string, @Body() body: unknown): Promise<unknown> {
    const { commandId } = parseBody(joinBody, body);
    const invite = readInviteToken(text);
    if (!invite) throw noInvite();
    const { conversationId, inviteId } = invite;
    const identity = commandIdentity(this.ids, commandId);
    const channelsFull = (await firstFull(this.messages, [userId])) !== undefined;
    try {
      await this.commands.submit({ conversationId, senderId: userId, ...identity, join: { inviteId, channelsFull } });
    } catch (error) {
      // Whoever is a member already has what they came for.
      if (!(error instanceof ClatterError) || error.code !== 'CONFLICT') throw error;
    }
    return { conversation: await readConversation(this.messages, userId, conversationId) };
  }
}
