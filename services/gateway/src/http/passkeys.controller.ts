/** Passkeys: how they are made, shown, named and forgotten. */
import type { FactorsService, Passkey } from '@clatter/contracts/auth';
import type { Input } from '@clatter/wire';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Post,
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
import { askPasskeyBody, passkeyBody, passkeyLoginBody, passkeyNameBody } from './factor-schemas.ts';
import { FACTORS } from './factors.controller.ts';
import { Call } from './openapi.ts';
import { parseBody } from './schemas.ts';
import { SessionCookies } from './session-cookies.ts';

const time = z.string().regex(/^\d+$/);
const passkey = z.looseObject({
  passkeyId: z.uuid(),
  name: z.string(),
  createdAtMs: time,
  lastUsedAtMs: time.describe('0: never'),
  backedUp: z.boolean().describe('Whether it is on more than one device'),
});
const onePasskey = z.looseObject({ passkey });
const options = z.looseObject({
  options: z.looseObject({ challenge: z.string() }).describe('For PublicKeyCredential.parse…OptionsFromJSON'),
});

const plain = ({ passkeyId, name, createdAtMs, lastUsedAtMs, backedUp }: Input<Passkey> = {}) => ({
  passkeyId,
  name,
  createdAtMs: String(createdAtMs ?? 0),
  lastUsedAtMs: String(lastUsedAtMs ?? 0),
  backedUp: backedUp ?? false,
});

@ApiTags('factors')
@Controller('v1')
export class PasskeysController {
  constructor(
    @Inject(FACTORS) private readonly factors: () => FactorsService,
    @Inject(SessionCookies) private readonly cookies: SessionCookies,
  ) {}

  @Post('sessions/passkey/options')
  @Call({
    summary: 'What a browser needs to show a passkey, for a login or for one that waits for a second factor',
    body: askPasskeyBody,
    answer: options,
  })
  async ask(@Body() body: unknown, @Req() request: FastifyRequest): Promise<unknown> {
    const { mfaToken } = parseBody(askPasskeyBody, body);
    const { options: json = '' } = await this.factors().askPasskey({ mfaToken, address: request.ip });
    return { options: JSON.parse(json) };
  }

  @Post('sessions/passkey')
  @Call({ summary: 'Log in with a passkey', body: passkeyLoginBody, status: 201, answer: account })
  async login(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { user, session } = await this.factors().loginWithPasskey(parseBody(passkeyLoginBody, body));
    return { user: plainUser(user), session: this.cookies.give(request, reply, session) };
  }

  @Post('me/reauthenticate/options')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'What a browser needs to prove who one is by a passkey', answer: options })
  async askProof(@Caller() { userId }: Identity, @Req() request: FastifyRequest): Promise<unknown> {
    const { options: json = '' } = await this.factors().askPasskey({ userId, address: request.ip });
    return { options: JSON.parse(json) };
  }

  @Get('me/passkeys')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'The own passkeys', answer: answers.page(passkey) })
  async list(@Caller() { userId }: Identity): Promise<unknown> {
    const { items = [] } = await this.factors().listPasskeys({ userId });
    return { items: items.map(plain), nextCursor: null };
  }

  @Post('me/passkeys/options')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'What a browser needs to make a passkey', answer: options })
  async begin(@Caller() { userId, sessionId }: Identity, @Req() request: FastifyRequest): Promise<unknown> {
    const { options: json = '' } = await this.factors().beginPasskey({ userId, sessionId, address: request.ip });
    return { options: JSON.parse(json) };
  }

  @Post('me/passkeys')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Keep a passkey that was made', body: passkeyBody, status: 201, answer: onePasskey })
  async add(@Caller() { userId, sessionId }: Identity, @Body() body: unknown): Promise<unknown> {
    const made = await this.factors().addPasskey({ userId, sessionId, ...parseBody(passkeyBody, body) });
    return { passkey: plain(made.passkey) };
  }

  @Patch('me/passkeys/:id')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Name a passkey', body: passkeyNameBody, answer: onePasskey })
  async rename(@Caller() { userId }: Identity, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { name } = parseBody(passkeyNameBody, body);
    const named = await this.factors().renamePasskey({ userId, passkeyId: id.toLowerCase(), name });
    return { passkey: plain(named.passkey) };
  }

  @Delete('me/passkeys/:id')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Forget a passkey', status: HttpStatus.NO_CONTENT })
  async remove(@Caller() { userId, sessionId }: Identity, @Param('id') id: string): Promise<void> {
    await this.factors().deletePasskey({ userId, sessionId, passkeyId: id.toLowerCase() });
  }
}
