/** What other programs read of this installation: its API and its public keys. */
import type { AuthService } from '@clatter/contracts/auth';
import { ClatterError, subprotocols } from '@clatter/wire';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { AUTH } from './accounts.controller.ts';

/** Holds the document, which is made after the controllers are. */
export class OpenApiDocument {
  document: unknown;
}

@ApiExcludeController()
@Controller()
export class KeysController {
  constructor(
    @Inject(AUTH) private readonly auth: () => AuthService,
    @Inject(OpenApiDocument) private readonly openApi: OpenApiDocument,
  ) {}

  @Get('.well-known/jwks.json')
  @Header('cache-control', 'public, max-age=300')
  async jwks(): Promise<unknown> {
    const { jwks = '' } = await this.auth().getKeys({});
    return JSON.parse(jwks);
  }

  @Get('v1/ws')
  socket(): never {
    throw new ClatterError('INVALID', `upgrade: want a WebSocket of ${Object.values(subprotocols).join(' or ')}`);
  }

  @Get('v1/openapi.json')
  openapi(): unknown {
    return this.openApi.document;
  }
}
