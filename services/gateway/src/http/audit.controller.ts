/** The audit log, as the person sees it whom it is about. */
import type { AuditEvent, AuthService } from '@clatter/contracts/auth';
import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../tokens.ts';
import { AUTH } from './accounts.controller.ts';
import * as answers from './answers.ts';
import { AuthGuard, Caller } from './auth.guard.ts';
import { Call } from './openapi.ts';
import { pageQuery, parseQuery } from './schemas.ts';

@ApiTags('accounts')
@ApiBearerAuth()
@UseGuards(AuthGuard)
@Controller('v1/me/audit')
export class AuditController {
  constructor(@Inject(AUTH) private readonly auth: () => AuthService) {}

  @Get()
  @Call({
    summary: 'What was done with the own account, by whom and from where, the newest first',
    query: pageQuery,
    answer: answers.page(answers.auditEvent),
  })
  async list(@Caller() { userId }: Identity, @Query() query: unknown): Promise<unknown> {
    const { items = [], nextCursor } = await this.auth().listAudit({ ...parseQuery(pageQuery, query), userId });
    return {
      items: (items as readonly AuditEvent[]).map(({ atMs, action, actor, target, address }) => ({
        atMs: String(atMs),
        action,
        actor: { kind: actor?.kind ?? '', id: actor?.id ?? '' },
        target,
        address,
      })),
      nextCursor: nextCursor ?? null,
    };
  }
}
