/** HTTP by NestJS on Fastify. Sockets never come here: see the note on the hot path in ARCHITECTURE.md. */
import 'reflect-metadata';
import type { AuthService, FactorsService, PeopleService, SsoService } from '@clatter/contracts/auth';
import type { MessagesService } from '@clatter/contracts/messages';
import type { Ids, Logger } from '@clatter/runtime';
import cookie from '@fastify/cookie';
import staticFiles from '@fastify/static';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { BlockCommands } from '../block-commands.ts';
import type { GatewayConfig } from '../config.ts';
import type { Hub } from '../hub.ts';
import type { Origins } from '../origins.ts';
import type { OutageLog } from '../outage-log.ts';
import type { TokenVerifier } from '../tokens.ts';
import { wantsWebSocket } from '../websocket-server.ts';
import { AccountsController, AUTH } from './accounts.controller.ts';
import { AuditController } from './audit.controller.ts';
import { HUB, VERIFIER } from './auth.guard.ts';
import { COMMANDS, IDS, MESSAGES } from './conversation-requests.ts';
import { ConversationsController } from './conversations.controller.ts';
import { answerCors } from './cors.ts';
import { CredentialsController } from './credentials.controller.ts';
import { FACTORS, FactorsController } from './factors.controller.ts';
import type { HttpCommands } from './http-commands.ts';
import { InvitesController, PUBLIC_URL } from './invites.controller.ts';
import { KeysController, OpenApiDocument } from './keys.controller.ts';
import { MessagesController } from './messages.controller.ts';
import { describeApi } from './openapi.ts';
import { OwnController } from './own.controller.ts';
import { PasskeysController } from './passkeys.controller.ts';
import { BLOCKS, PEOPLE, PeopleController } from './people.controller.ts';
import { PinsController } from './pins.controller.ts';
import { PollsController } from './polls.controller.ts';
import { answerBrokenRequest, ProblemFilter, sendProblem, translate } from './problem.filter.ts';
import { traceRequests } from './request-traces.ts';
import { ScheduledController } from './scheduled.controller.ts';
import { SessionCookies } from './session-cookies.ts';
import { SSO, SsoController } from './sso.controller.ts';
import { WEB_DIR, WebController } from './web.controller.ts';

export interface HttpParts {
  readonly auth: () => AuthService;
  readonly factors: () => FactorsService;
  readonly people: () => PeopleService;
  readonly sso: () => SsoService;
  readonly messages: MessagesService;
  readonly commands: HttpCommands;
  readonly verifier: TokenVerifier;
  readonly hub: Hub;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly outages: OutageLog;
  readonly config: GatewayConfig;
  readonly origins: Origins;
}

const BODY_BYTES_MAX = 262_144;
/** A request that has not come whole by then is dropped. */
const REQUEST_MS = 30_000;

/** Pages of ours run scripts of ours alone; react-native-web writes its style sheets from script. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; font-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/** Browsers that were here once come by TLS alone, for a year (RFC 6797). */
const TLS_ALONE = 'max-age=31536000';

@Module({})
class HttpModule {
  static with(parts: HttpParts, openApi: OpenApiDocument): DynamicModule {
    return {
      module: HttpModule,
      controllers: [
        AccountsController,
        FactorsController,
        PasskeysController,
        CredentialsController,
        AuditController,
        ConversationsController,
        OwnController,
        InvitesController,
        MessagesController,
        PinsController,
        ScheduledController,
        SsoController,
        PollsController,
        PeopleController,
        KeysController,
        WebController,
      ],
      providers: [
        { provide: AUTH, useValue: parts.auth },
        { provide: FACTORS, useValue: parts.factors },
        { provide: PEOPLE, useValue: parts.people },
        { provide: BLOCKS, useValue: new BlockCommands(parts.commands) },
        { provide: SSO, useValue: parts.sso },
        { provide: MESSAGES, useValue: parts.messages },
        { provide: COMMANDS, useValue: parts.commands },
        { provide: IDS, useValue: parts.ids },
        { provide: PUBLIC_URL, useValue: parts.config.CLATTER_PUBLIC_URL.replace(/\/$/, '') },
        { provide: WEB_DIR, useValue: parts.config.CLATTER_WEB_DIR },
        {
          provide: SessionCookies,
          useValue: new SessionCookies(parts.config.CLATTER_PUBLIC_URL.startsWith('https:')),
        },
        { provide: OpenApiDocument, useValue: openApi },
        { provide: VERIFIER, useValue: parts.verifier },
        { provide: HUB, useValue: parts.hub },
      ],
    };
  }
}

/** The application, ready to listen. */
export async function createHttp(parts: HttpParts): Promise<NestFastifyApplication> {
  const { config, origins } = parts;
  const byTls = config.CLATTER_PUBLIC_URL.startsWith('https:');
  const proxies = config.CLATTER_TRUSTED_PROXIES.split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  const options: FastifyServerOptions & { http: object } = {
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS,
    trustProxy: proxies.length > 0 && proxies,
    routerOptions: { maxParamLength: 200 },
    genReqId: () => parts.ids.v7(),
    frameworkErrors: (error, request, reply) =>
      sendProblem(reply as FastifyReply, translate(error), parts, request as FastifyRequest),
    clientErrorHandler: answerBrokenRequest,
    // Programs that ask for HTTP/2 in passing, such as Java's, are no sockets.
    http: { shouldUpgradeCallback: wantsWebSocket },
  };
  const adapter = new FastifyAdapter({ ...options, skipMiddie: true } as never);
  const openApi = new OpenApiDocument();
  const app = await NestFactory.create<NestFastifyApplication>(HttpModule.with(parts, openApi), adapter, {
    logger: false,
    abortOnError: false,
    bodyParser: false,
  });
  app.useGlobalFilters(new ProblemFilter(parts));
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  takeJson(fastify);
  traceRequests(fastify);
  await app.register(cookie as never);
  if (config.CLATTER_WEB_DIR !== '')
    await app.register(staticFiles as never, { root: config.CLATTER_WEB_DIR, serve: false } as never);
  fastify.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (byTls) reply.header('strict-transport-security', TLS_ALONE);
    if (request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
    if (answerCors(origins, request, reply)) return reply;
    return undefined;
  });
  openApi.document = describeApi(app);
  await app.init();
  return app;
}

/** JSON is the only body there is; an empty one is no body, whatever its type says. */
function takeJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body as string, done);
  });
}
