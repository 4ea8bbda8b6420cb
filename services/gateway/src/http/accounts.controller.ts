/** Accounts, sessions and people. */
import type { AuthService, SessionInfo } from '@clatter/contracts/auth';
import { ClatterError, type Input, User } from '@clatter/wire';
import { Body, Controller, Delete, Get, Inject, Param, Patch, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../tokens.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { Call } from './openapi.ts';
import {
  loginBody,
  parseBody,
  parseQuery,
  profileBody,
  refreshBody,
  registerBody,
  sessionNameBody,
  usersQuery,
} from './schemas.ts';
import { SessionCookies } from './session-cookies.ts';

export const AUTH = Symbol('AuthService');

export const account = z.object({ user: answers.user, session: answers.session });
const oneUser = z.object({ user: answers.user });

export const plainUser = (user: Input<User> | undefined): unknown => JSON.parse(User.toJson(user ?? {}));

@ApiTags('accounts')
@Controller('v1')
export class AccountsController {
  constructor(
    @Inject(AUTH) private readonly auth: () => AuthService,
    @Inject(SessionCookies) private readonly cookies: SessionCookies,
  ) {}

  @Post('accounts')
  @Call({ summary: 'Make an account and log in', body: registerBody, status: 201, answer: account })
  async register(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const wanted = parseBody(registerBody, body);
    const { user, session } = await this.auth().register({ ...wanted, address: request.ip });
    return { user: plainUser(user), session: this.cookies.give(request, reply, session) };
  }

  @Post('sessions')
  @Call({ summary: 'Log in', body: loginBody, status: 201, answer: account })
  async login(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const wanted = parseBody(loginBody, body);
    const { user, session, mfa } = await this.auth().login({ ...wanted, address: request.ip });
    if (mfa) throw new ClatterError('MFA_REQUIRED', 'this account wants a second factor', { details: { ...mfa } });
    return { user: plainUser(user), session: this.cookies.give(request, reply, session) };
  }

  @Post('sessions/refresh')
  @Call({
    summary: 'Change a refresh token for a new pair',
    body: refreshBody,
    answer: z.object({ session: answers.session }),
  })
  async refresh(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const refreshToken = parseBody(refreshBody, body).refreshToken ?? this.cookies.read(request);
    if (!refreshToken) throw new ClatterError('UNAUTHENTICATED', 'refreshToken: want one, in the body or as a cookie');
    const { session } = await this.auth().refresh({ refreshToken, address: request.ip });
    return { session: this.cookies.give(request, reply, session) };
  }

  @Get('sessions')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'The live sessions of the caller', answer: answers.page(answers.sessionInfo) })
  async sessions(@Caller() caller: Identity): Promise<unknown> {
    const { items = [] } = await this.auth().listSessions({ userId: caller.userId });
    return {
      items: (items as readonly SessionInfo[]).map(({ createdAtMs, lastUsedAtMs, ...item }) => ({
        ...item,
        createdAtMs: String(createdAtMs),
        lastUsedAtMs: String(lastUsedAtMs),
        current: item.sessionId === caller.sessionId,
      })),
      nextCursor: null,
    };
  }

  @Patch('sessions/:id')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Name the device of a session; `current` is the own', body: sessionNameBody, status: 204 })
  async rename(@Caller() caller: Identity, @Param('id') id: string, @Body() body: unknown): Promise<void> {
    const { name } = parseBody(sessionNameBody, body);
    const sessionId = id === 'current' ? caller.sessionId : id.toLowerCase();
    await this.auth().renameSession({ userId: caller.userId, sessionId, name });
  }

  @Delete('sessions/:id')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'End one session; `current` is the own', status: 204 })
  async revoke(
    @Caller() caller: Identity,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const sessionId = id === 'current' ? caller.sessionId : id.toLowerCase();
    const { revoked } = await this.auth().revokeSessions({
      userId: caller.userId,
      sessionId,
      address: request.ip,
    });
    if (!revoked) throw new ClatterError('NOT_FOUND', 'there is no such session');
    if (sessionId === caller.sessionId) this.cookies.forget(reply);
  }

  @Delete('sessions')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'End all sessions of the caller', status: 204 })
  async revokeAll(
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.auth().revokeSessions({ userId: caller.userId, address: request.ip });
    this.cookies.forget(reply);
  }

  @Get('me')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'The own profile', answer: oneUser })
  async me(@Caller() caller: Identity): Promise<unknown> {
    return { user: await this.#one(caller, caller.userId) };
  }

  @Patch('me')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Change the own profile', body: profileBody, answer: oneUser })
  async update(@Caller() caller: Identity, @Req() request: FastifyRequest, @Body() body: unknown): Promise<unknown> {
    const change = parseBody(profileBody, body);
    const { user } = await this.auth().updateProfile({ ...change, userId: caller.userId, address: request.ip });
    return { user: plainUser(user) };
  }

  @Delete('me')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Delete the own account', status: 204 })
  async remove(@Caller() caller: Identity, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await this.auth().deleteAccount({ userId: caller.userId, sessionId: caller.sessionId });
    this.cookies.forget(reply);
  }

  @Get('users')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'People by the beginning of a name, or by their ids',
    query: usersQuery,
    answer: answers.page(answers.user),
  })
  async search(@Caller() caller: Identity, @Query() query: unknown): Promise<unknown> {
    const { ids, ...search } = parseQuery(usersQuery, query);
    const viewerId = caller.userId;
    if (ids) {
      const { users = [] } = await this.auth().getUsers({ viewerId, userIds: ids });
      return { items: users.map(plainUser), nextCursor: null };
    }
    const { items = [], nextCursor } = await this.auth().searchUsers({ ...search, viewerId });
    return { items: items.map(plainUser), nextCursor: nextCursor ?? null };
  }

  @Get('users/:id')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'One person', answer: oneUser })
  async user(@Caller() caller: Identity, @Param('id') id: string): Promise<unknown> {
    return { user: await this.#one(caller, id) };
  }

  async #one(caller: Identity, id: string): Promise<unknown> {
    const { users = [] } = await this.auth().getUsers({ viewerId: caller.userId, userIds: [id.toLowerCase()] });
    if (!users[0]) throw new ClatterError('NOT_FOUND', 'there is no such person');
    return plainUser(users[0]);
  }
}
