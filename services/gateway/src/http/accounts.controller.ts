/** Accounts, sessions and people. */

import type { AuthService, Session, SessionInfo } from '@clatter/contracts/auth';
import { ClatterError, type Input, User } from '@clatter/wire';
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
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../tokens.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { idSchema, loginBody, openApi, parse, profileBody, refreshBody, registerBody, usersQuery } from './schemas.ts';

export const AUTH = Symbol('AuthService');
const COOKIE = 'clatter_refresh';
const COOKIE_PATH = '/v1/sessions';

const plainUser = (user: Input<User> | undefined): unknown => JSON.parse(User.toJson(user ?? {}));

@ApiTags('accounts')
@Controller('v1')
export class AccountsController {
  constructor(@Inject(AUTH) private readonly auth: () => AuthService) {}

  @Post('accounts')
  @ApiOperation({ summary: 'Make an account and log in' })
  @ApiBody({ schema: openApi(registerBody) })
  async register(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const wanted = parse(registerBody, body);
    const { user, session } = await this.auth().register({ ...wanted, address: request.ip });
    return { user: plainUser(user), session: this.#session(request, reply, session) };
  }

  @Post('sessions')
  @ApiOperation({ summary: 'Log in' })
  @ApiBody({ schema: openApi(loginBody) })
  async login(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const wanted = parse(loginBody, body);
    const { user, session } = await this.auth().login({ ...wanted, address: request.ip });
    return { user: plainUser(user), session: this.#session(request, reply, session) };
  }

  @Post('sessions/refresh')
  @HttpCode(200)
  @ApiOperation({ summary: 'Change a refresh token for a new pair' })
  @ApiBody({ schema: openApi(refreshBody), required: false })
  async refresh(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const refreshToken = parse(refreshBody, body).refreshToken ?? request.cookies[COOKIE];
    if (!refreshToken) throw new ClatterError('UNAUTHENTICATED', 'refreshToken: want one, in the body or as a cookie');
    const { session } = await this.auth().refresh({ refreshToken });
    return { session: this.#session(request, reply, session) };
  }

  @Get('sessions')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'The live sessions of the caller' })
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

  @Delete('sessions/:id')
  @HttpCode(204)
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'End one session; `current` is the own' })
  async revoke(@Caller() caller: Identity, @Param('id') id: string): Promise<void> {
    const sessionId = id === 'current' ? caller.sessionId : parse(idSchema, id);
    const { revoked } = await this.auth().revokeSessions({ userId: caller.userId, sessionId });
    if (!revoked) throw new ClatterError('NOT_FOUND', 'there is no such session');
  }

  @Delete('sessions')
  @HttpCode(204)
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'End all sessions of the caller' })
  async revokeAll(@Caller() caller: Identity): Promise<void> {
    await this.auth().revokeSessions({ userId: caller.userId });
  }

  @Get('me')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'The own profile' })
  async me(@Caller() caller: Identity): Promise<unknown> {
    return { user: await this.#one(caller, caller.userId) };
  }

  @Patch('me')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Change the own profile' })
  @ApiBody({ schema: openApi(profileBody) })
  async update(@Caller() caller: Identity, @Body() body: unknown): Promise<unknown> {
    const { user } = await this.auth().updateProfile({ ...parse(profileBody, body), userId: caller.userId });
    return { user: plainUser(user) };
  }

  @Delete('me')
  @HttpCode(204)
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Delete the own account' })
  async remove(@Caller() caller: Identity): Promise<void> {
    await this.auth().deleteAccount({ userId: caller.userId });
  }

  @Get('users')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'People by the beginning of a name' })
  @ApiQuery({ name: 'query', required: false })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false })
  async search(@Caller() caller: Identity, @Query() query: unknown): Promise<unknown> {
    const { items = [], nextCursor } = await this.auth().searchUsers({
      ...parse(usersQuery, query),
      viewerId: caller.userId,
    });
    return { items: items.map(plainUser), nextCursor: nextCursor ?? null };
  }

  @Get('users/:id')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @ApiOperation({ summary: 'One person' })
  async user(@Caller() caller: Identity, @Param('id') id: string): Promise<unknown> {
    return { user: await this.#one(caller, id) };
  }

  async #one(caller: Identity, id: string): Promise<unknown> {
    const { users = [] } = await this.auth().getUsers({ viewerId: caller.userId, userIds: [id.toLowerCase()] });
    if (!users[0]) throw new ClatterError('NOT_FOUND', 'there is no such person');
    return plainUser(users[0]);
  }

  /** Web pages keep the refresh token in a cookie that their scripts cannot read; it is in the body for everybody. */
  #session(request: FastifyRequest, reply: FastifyReply, session: Input<Session> | undefined): unknown {
    if (session?.refreshToken) {
      const secure = request.protocol === 'https';
      reply.setCookie(COOKIE, session.refreshToken, {
        path: COOKIE_PATH,
        httpOnly: true,
        sameSite: 'strict',
        secure,
        maxAge: 60 * 86_400,
      });
    }
    return session;
  }
}
