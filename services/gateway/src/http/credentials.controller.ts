/** The own addresses and password over HTTP, and the way back in for whom forgot it. */
import type { AuthService } from '@clatter/contracts/auth';
import { Body, Controller, Delete, Get, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../tokens.ts';
import { AUTH } from './accounts.controller.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import {
  addressCodeBody,
  emailBody,
  passwordBody,
  phoneBody,
  resetBody,
  resetConfirmBody,
} from './credential-schemas.ts';
import { Call } from './openapi.ts';
import { parseBody } from './schemas.ts';

const address = z.looseObject({
  kind: z.enum(['email', 'phone']),
  address: z.string(),
  verified: z.boolean().describe('Of each kind there may be one that is, and one that waits for its code'),
});
const reset = z.looseObject({ resetId: z.uuid().describe('For the confirmation, with the code of the mail') });

@ApiTags('accounts')
@Controller('v1')
export class CredentialsController {
  constructor(@Inject(AUTH) private readonly auth: () => AuthService) {}

  @Get('me/addresses')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'The own e-mail addresses and phone numbers', answer: answers.page(address) })
  async addresses(@Caller() { userId }: Identity): Promise<unknown> {
    const { items = [] } = await this.auth().listAddresses({ userId });
    return { items, nextCursor: null };
  }

  @Post('me/email')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'Name an e-mail address of oneself, which a code is sent to; needs a recent proof',
    body: emailBody,
    status: 202,
  })
  async email(@Caller() caller: Identity, @Body() body: unknown, @Req() request: FastifyRequest): Promise<void> {
    await this.#set(caller, 'email', parseBody(emailBody, body).email, request);
  }

  @Post('me/phone')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'Name a phone number of oneself, which a code is sent to; needs a recent proof',
    body: phoneBody,
    status: 202,
  })
  async phone(@Caller() caller: Identity, @Body() body: unknown, @Req() request: FastifyRequest): Promise<void> {
    await this.#set(caller, 'phone', parseBody(phoneBody, body).phone, request);
  }

  @Post('me/:kind/code')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Send another code, to the `email` or `phone` that waits for one', status: 202 })
  async code(
    @Caller() { userId }: Identity,
    @Param('kind') kind: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.auth().sendAddressCode({ userId, kind, address: request.ip });
  }

  @Post('me/:kind/verify')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'Show with the code that the `email` or `phone` is the own; it takes the place of the one before',
    body: addressCodeBody,
    status: 204,
  })
  async verify(
    @Caller() { userId }: Identity,
    @Param('kind') kind: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const { code } = parseBody(addressCodeBody, body);
    await this.auth().verifyAddress({ userId, kind, code, address: request.ip });
  }

  @Delete('me/:kind')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({ summary: 'Forget the own `email` or `phone`; needs a recent proof', status: 204 })
  async remove(@Caller() { userId, sessionId }: Identity, @Param('kind') kind: string): Promise<void> {
    await this.auth().removeAddress({ userId, sessionId, kind });
  }

  @Post('me/password')
  @UseGuards(AuthGuard)
  @ApiBearerAuth()
  @Call({
    summary: 'Change the own password; all other sessions end. Needs a recent proof',
    body: passwordBody,
    status: 204,
  })
  async password(@Caller() { userId, sessionId }: Identity, @Body() body: unknown): Promise<void> {
    const { password } = parseBody(passwordBody, body);
    await this.auth().changePassword({ userId, sessionId, password });
  }

  @Post('password-resets')
  @Call({
    summary: 'Send a code for a new password to the verified e-mail address of an account, if there is one',
    body: resetBody,
    status: 202,
    answer: reset,
  })
  async reset(@Body() body: unknown, @Req() request: FastifyRequest): Promise<unknown> {
    const { resetId = '' } = await this.auth().requestPasswordReset({
      ...parseBody(resetBody, body),
      address: request.ip,
    });
    return { resetId };
  }

  @Post('password-resets/confirm')
  @Call({ summary: 'Set a new password with that code; all sessions end', body: resetConfirmBody, status: 204 })
  async confirm(@Body() body: unknown, @Req() request: FastifyRequest): Promise<void> {
    await this.auth().confirmPasswordReset({ ...parseBody(resetConfirmBody, body), address: request.ip });
  }

  async #set({ userId, sessionId }: Identity, kind: string, value: string, request: FastifyRequest): Promise<void> {
    await this.auth().setAddress({ userId, sessionId, kind, value, address: request.ip });
  }
}
