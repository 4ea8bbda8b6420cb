/** Single sign-on: the way of a browser to another place and back, and what it is good for. */
import type { LinkedIdentity, SsoService } from '@clatter/contracts/auth';
import { ClatterError, type Input } from '@clatter/wire';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpStatus,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../tokens.ts';
import { account, plainUser } from './accounts.controller.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { ssoCodeBody, ssoLoginBody, ssoStartQuery } from './factor-schemas.ts';
import { Call } from './openapi.ts';
import { parseBody, parseQuery } from './schemas.ts';
import { SessionCookies } from './session-cookies.ts';

export const SSO = Symbol('SsoService');

const COOKIE = 'clatter_sso';
const COOKIE_PATH = '/v1';

const identity = z.looseObject({ provider: z.string(), createdAtMs: z.string().regex(/^\d+$/) });
const started = z.looseObject({
  authorizeUrl: z.url(),
  secret: z.string().optional().describe('With bind=secret'),
  expiresIn: z.number().int().describe('Seconds'),
});

const plain = ({ provider, createdAtMs }: Input<LinkedIdentity> = {}) => ({
  provider,
  createdAtMs: String(createdAtMs ?? 0),
});

@ApiTags('single sign-on')
@Controller('v1')
export class SsoController {
  constructor(
    @Inject(SSO) private readonly sso: () => SsoService,
    @Inject(SessionCookies) private readonly cookies: SessionCookies,
  ) {}

  @Get('sso')
  @Call({ summary: 'Where people may log in', answer: z.looseObject({ providers: z.array(z.string()) }) })
  async providers(): Promise<unknown> {
    const { providers = [] } = await this.sso().listProviders({});
    return { providers };
  }

  @Get('sso/:provider/start')
  @Call({ summary: 'Begin a login elsewhere', query: ssoStartQuery, answer: started })
  start(
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    return this.#start(provider, query, request, reply);
  }

  @Get('sso/:provider/callback')
  @Call({ summary: 'Where the browser comes back; it goes on to the return URL with `code`, or `error`', status: 302 })
  async callback(
    @Param('provider') provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const query = request.url.split('?')[1] ?? '';
    const { redirectUrl = '' } = await this.sso().finishSso({ provider, query, secret: request.cookies[COOKIE] ?? '' });
    await reply.redirect(redirectUrl, HttpStatus.FOUND);
  }

  @Post('sso/session')
  @Call({ summary: 'Log in with the code that the browser brought', body: ssoLoginBody, status: 201, answer: account })
  async login(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { code, device, secret = request.cookies[COOKIE] } = parseBody(ssoLoginBody, body);
    const { user, session, mfa } = await this.sso().exchangeSso({ code, secret, device, address: request.ip });
    reply.clearCookie(COOKIE, { path: COOKIE_PATH });
    if (mfa) throw new ClatterError('MFA_REQUIRED', 'this account wants a second factor', { details: { ...mfa } });
    return { user: plainUser(user), session: this.cookies.give(request, reply, session) };
  }

  @Get('me/identities')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'The logins elsewhere that are linked', answer: answers.page(identity) })
  async list(@Caller() { userId }: Identity): Promise<unknown> {
    const { items = [] } = await this.sso().listIdentities({ userId });
    return { items: items.map(plain), nextCursor: null };
  }

  @Post('me/identities/:provider/start')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Begin to link a login elsewhere', query: ssoStartQuery, answer: started })
  startLink(
    @Caller() { userId }: Identity,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    return this.#start(provider, query, request, reply, userId);
  }

  @Post('me/identities')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'Link with the code that the browser brought',
    body: ssoCodeBody,
    status: 201,
    answer: z.looseObject({ identity }),
  })
  async link(
    @Caller() { userId, sessionId }: Identity,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { code, secret = request.cookies[COOKIE] } = parseBody(ssoCodeBody, body);
    const linked = await this.sso().linkIdentity({ userId, sessionId, code, secret });
    reply.clearCookie(COOKIE, { path: COOKIE_PATH });
    return { identity: plain(linked.identity) };
  }

  @Delete('me/identities/:provider')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'End a link; not of the last way in', status: HttpStatus.NO_CONTENT })
  async unlink(@Caller() { userId, sessionId }: Identity, @Param('provider') provider: string): Promise<void> {
    await this.sso().unlinkIdentity({ userId, sessionId, provider });
  }

  async #start(
    provider: string,
    query: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
    userId?: string,
  ): Promise<unknown> {
    const { returnUrl, bind } = parseQuery(ssoStartQuery, query);
    const byCookie = bind === 'cookie';
    const begun = await this.sso().startSso({ provider, returnUrl, byCookie, userId, address: request.ip });
    const { authorizeUrl, secret = '', expiresIn = 0 } = begun;
    if (!byCookie) return { authorizeUrl, secret, expiresIn };
    reply.setCookie(COOKIE, secret, {
      path: COOKIE_PATH,
      httpOnly: true,
      // The browser comes back from another site.
      sameSite: 'lax',
      secure: this.cookies.isSecure(request),
      maxAge: expiresIn,
    });
    return { authorizeUrl, expiresIn };
  }
}
