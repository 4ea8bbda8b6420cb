/** HTTP by NestJS on Fastify. Sockets never come here: see the note on the hot path in ARCHITECTURE.md. */
import 'reflect-metadata';
import type { AuthService } from '@clatter/contracts/auth';
import type { MessagesService } from '@clatter/contracts/messages';
import type { Ids, Logger } from '@clatter/runtime';
import cookie from '@fastify/cookie';
import staticFiles from '@fastify/static';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Hub } from '../hub.ts';
import type { TokenVerifier } from '../tokens.ts';
import { AccountsController, AUTH } from './accounts.controller.ts';
import { HUB, VERIFIER } from './auth.guard.ts';
import { COMMANDS, ConversationsController, IDS, MESSAGES } from './conversations.controller.ts';
import type { HttpCommands } from './http-commands.ts';
import { KeysController, OpenApiDocument } from './keys.controller.ts';
import { ProblemFilter, sendProblem, translate } from './problem.filter.ts';
import { WEB_DIR, WebController } from './web.controller.ts';

export interface HttpParts {
  readonly auth: () => AuthService;
  readonly messages: MessagesService;
  readonly commands: HttpCommands;
  readonly verifier: TokenVerifier;
  readonly hub: Hub;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly webDir: string;
}

const BODY_BYTES_MAX = 262_144;

/** Pages of ours run scripts of ours alone; react-native-web writes its style sheets from script. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; font-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

@Module({})
class HttpModule {
  static with(parts: HttpParts, openApi: OpenApiDocument): DynamicModule {
    return {
      module: HttpModule,
      controllers: [AccountsController, ConversationsController, KeysController, WebController],
      providers: [
        { provide: AUTH, useValue: parts.auth },
        { provide: MESSAGES, useValue: parts.messages },
        { provide: COMMANDS, useValue: parts.commands },
        { provide: IDS, useValue: parts.ids },
        { provide: WEB_DIR, useValue: parts.webDir },
        { provide: OpenApiDocument, useValue: openApi },
        { provide: VERIFIER, useValue: parts.verifier },
        { provide: HUB, useValue: parts.hub },
      ],
    };
  }
}

/** The application, ready to listen. */
export async function createHttp(parts: HttpParts): Promise<NestFastifyApplication> {
  const options: FastifyServerOptions = {
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    genReqId: () => parts.ids.v7(),
    frameworkErrors: (error, request, reply) =>
      sendProblem(reply as FastifyReply, translate(error), parts.logger, request as FastifyRequest),
  };
  const adapter = new FastifyAdapter(options);
  const openApi = new OpenApiDocument();
  const app = await NestFactory.create<NestFastifyApplication>(HttpModule.with(parts, openApi), adapter, {
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(parts.logger));
  await app.register(cookie as never);
  if (parts.webDir !== '') await app.register(staticFiles as never, { root: parts.webDir, serve: false } as never);
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
  });
  const about = new DocumentBuilder().setTitle('Clatter').setVersion('1').addBearerAuth().build();
  openApi.document = SwaggerModule.createDocument(app, about);
  await app.init();
  return app;
}
