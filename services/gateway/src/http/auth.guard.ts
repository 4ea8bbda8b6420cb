/** `Authorization: Bearer <access token>`, verified without a call. */

import { ClatterError } from '@clatter/wire';
import { type CanActivate, createParamDecorator, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Hub } from '../hub.ts';
import { type Identity, type TokenVerifier, unverified } from '../tokens.ts';

type Authenticated = FastifyRequest & { identity?: Identity };

/** What concerns nobody else. */
const OWN = /^\/v1\/(me|sessions)(\/|\?|$)/;

export const VERIFIER = Symbol('TokenVerifier');
export const HUB = Symbol('Hub');

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(VERIFIER) private readonly verifier: TokenVerifier,
    @Inject(HUB) private readonly hub: Hub,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Authenticated>();
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !token)
      throw new ClatterError('UNAUTHENTICATED', 'authorization: want Bearer and an access token');
    const identity = await this.verifier.verify(token);
    if (this.hub.isEnded(identity)) throw new ClatterError('UNAUTHENTICATED', 'the session has ended');
    if (!identity.mayChat && request.method !== 'GET' && !OWN.test(request.url)) throw unverified();
    request.identity = identity;
    return true;
  }
}

/** Who calls; there on routes with the AuthGuard. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Identity => {
  const { identity } = context.switchToHttp().getRequest<Authenticated>();
  if (!identity) throw new Error('a route asks for its caller without the guard');
  return identity;
});
