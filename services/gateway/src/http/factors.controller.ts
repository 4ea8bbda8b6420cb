/** Second factors, and proofs of who holds a session. */
import type { FactorsService, GetMfaResponse } from '@clatter/contracts/auth';
import { Body, Controller, Delete, Get, HttpStatus, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../tokens.ts';
import { account, plainUser } from './accounts.controller.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { codeBody, mfaLoginBody, proofBody } from './factor-schemas.ts';
import { Call } from './openapi.ts';
import { parseBody } from './schemas.ts';
import { SessionCookies } from './session-cookies.ts';

export const FACTORS = Symbol('FactorsService');

const mfa = z.looseObject({
  enabled: z.boolean().describe('Whether logins ask for a second factor'),
  recoveryCodesLeft: z.number().int(),
});
const totp = z.looseObject({ secret: z.string().describe('Base32'), uri: z.string().describe('otpauth://totp/…') });
const recoveryCodes = z.looseObject({ recoveryCodes: z.array(z.string()).describe('Told here alone') });
const proved = z.looseObject({ provedUntilMs: z.string().regex(/^\d+$/) });

@ApiTags('factors')
@Controller('v1')
export class FactorsController {
  constructor(
    @Inject(FACTORS) private readonly factors: () => FactorsService,
    @Inject(SessionCookies) private readonly cookies: SessionCookies,
  ) {}

  @Post('sessions/mfa')
  @Call({ summary: 'Finish a login that asked for a second factor', body: mfaLoginBody, status: 201, answer: account })
  async finish(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { mfaToken, ...proof } = parseBody(mfaLoginBody, body);
    const { user, session } = await this.factors().finishLogin({ mfaToken, proof, address: request.ip });
    return { user: plainUser(user), session: this.cookies.give(request, reply, session) };
  }

  @Post('me/reauthenticate')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'Prove again who one is: for a few minutes this session may do what is dangerous',
    body: proofBody,
    answer: proved,
  })
  async prove(@Caller() caller: Identity, @Body() body: unknown, @Req() request: FastifyRequest): Promise<unknown> {
    const proof = parseBody(proofBody, body);
    const { provedUntilMs = 0 } = await this.factors().reauthenticate({ ...idsOf(caller), proof, address: request.ip });
    return { provedUntilMs: String(provedUntilMs) };
  }

  @Get('me/mfa')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Whether logins ask for a second factor', answer: mfa })
  async mfa(@Caller() { userId }: Identity): Promise<unknown> {
    const { enabled = false, recoveryCodesLeft = 0 } = (await this.factors().getMfa({ userId })) as GetMfaResponse;
    return { enabled, recoveryCodesLeft };
  }

  @Post('me/mfa/totp')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Make a secret for one-time codes; it counts once it is confirmed', status: 201, answer: totp })
  async begin(@Caller() caller: Identity): Promise<unknown> {
    const { secret = '', uri = '' } = await this.factors().beginTotp(idsOf(caller));
    return { secret, uri };
  }

  @Post('me/mfa/totp/confirm')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'Confirm the secret with a code: from now on logins ask for one',
    body: codeBody,
    answer: recoveryCodes,
  })
  async confirm(
    @Caller() { userId }: Identity,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<unknown> {
    const { code } = parseBody(codeBody, body);
    const { recoveryCodes = [] } = await this.factors().confirmTotp({ userId, code, address: request.ip });
    return { recoveryCodes };
  }

  @Delete('me/mfa/totp')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Logins ask for no second factor any more', status: HttpStatus.NO_CONTENT })
  async disable(@Caller() caller: Identity): Promise<void> {
    await this.factors().disableTotp(idsOf(caller));
  }

  @Post('me/mfa/recovery-codes')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'New recovery codes in place of those of before', answer: recoveryCodes })
  async renew(@Caller() caller: Identity): Promise<unknown> {
    const { recoveryCodes = [] } = await this.factors().renewRecoveryCodes(idsOf(caller));
    return { recoveryCodes };
  }
}

const idsOf = ({ userId, sessionId }: Identity) => ({ userId, sessionId });
