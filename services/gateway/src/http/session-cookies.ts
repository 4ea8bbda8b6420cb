/** Web pages keep the refresh token in a cookie that their scripts cannot read; it is in the body for everybody. */
import type { Session } from '@clatter/contracts/auth';
import type { Input } from '@clatter/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';

const COOKIE = 'clatter_refresh';
const COOKIE_PATH = '/v1/sessions';
const COOKIE_SECONDS = 60 * 86_400;

export class SessionCookies {
  readonly #secure: boolean;

  /** @param secure whether cookies travel by TLS alone, whatever the request came by */
  constructor(secure: boolean) {
    this.#secure = secure;
  }

  isSecure(request: FastifyRequest): boolean {
    return this.#secure || request.protocol === 'https';
  }

  read(request: FastifyRequest): string | undefined {
    return request.cookies[COOKIE];
  }

  /** Sets the cookie, and returns the session as the body has it. */
  give(request: FastifyRequest, reply: FastifyReply, session: Input<Session> = {}): unknown {
    const { sessionId = '', accessToken = '', expiresIn = 0, refreshToken = '' } = session;
    reply.setCookie(COOKIE, refreshToken, {
      path: COOKIE_PATH,
      httpOnly: true,
      sameSite: 'strict',
      secure: this.isSecure(request),
      maxAge: COOKIE_SECONDS,
    });
    return { sessionId, accessToken, expiresIn, refreshToken };
  }

  forget(reply: FastifyReply): void {
    reply.clearCookie(COOKIE, { path: COOKIE_PATH });
  }
}
