/** Wires the gateway: sockets, HTTP, and what both stand on. */
import type { AddressInfo } from 'node:net';
import type { AuthService } from '@clatter/contracts/auth';
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { MessagesService } from '@clatter/contracts/messages';
import type { PresenceService } from '@clatter/contracts/presence';
import type { Consumer, EventLog } from '@clatter/log';
import { type Clock, type Ids, type Logger, listenError, type Metrics, type Service, sleep } from '@clatter/runtime';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readAccounts } from './account-reader.ts';
import { CommandRouter } from './command-router.ts';
import type { GatewayConfig } from './config.ts';
import { Connection } from './connection.ts';
import { createHttp } from './http/http.module.ts';
import { HttpCommands } from './http/http-commands.ts';
import { Hub } from './hub.ts';
import { RequestHandler } from './requests.ts';
import { TokenVerifier } from './tokens.ts';
import { takeUpgrades } from './websocket-server.ts';

export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly gatewayId: string;
  readonly log: EventLog;
  readonly auth: () => AuthService;
  /** `iss` and `aud` of the tokens that are taken. */
  readonly tokens: { readonly issuer: string; readonly audience: string };
  readonly messages: MessagesService;
  readonly presence: PresenceService;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** A client that was asked to leave waits up to so long, so that not all come to the next gateway at once. */
const RECONNECT_SPREAD_MS = 1500;

export function createGateway(
  parts: GatewayParts,
): Service & { readonly delivery: DeliveryService; readonly port: number } {
  const { config, gatewayId, log, auth, messages, presence, logger, metrics, clock, ids } = parts;
  const delivered = metrics.counter('clatter_gateway_frames_delivered_total', 'Frames given to sockets by delivery');
  const hub = new Hub({ gatewayId, presence, clock, logger, random: Math.random, delivered });
  metrics.gauge('clatter_gateway_connections', 'Live sockets', () => hub.size);
  const commands = metrics.counter('clatter_gateway_commands_total', 'Commands taken to the log');
  const router = new CommandRouter({
    producer: log.producer(),
    clock,
    inFlightMax: config.CLATTER_GATEWAY_IN_FLIGHT_MAX,
    commands,
  });
  const requests = new RequestHandler({ router, messages, presence, hub, clock });
  const verifier = new TokenVerifier(auth, parts.tokens);
  let nextNumber = 1;
  const httpCommands = new HttpCommands({ number: nextNumber++, router, hub, gatewayId, clock });
  let app: NestFastifyApplication | undefined;
  let accounts: Consumer | undefined;
  let accepting = false;
  let trouble = '';

  return {
    name: 'gateway',
    delivery: hub,
    get port() {
      return (app?.getHttpServer().address() as AddressInfo | null)?.port ?? 0;
    },
    async start() {
      const onHalt = (error: unknown): void => {
        trouble = `the reader of accounts stopped: ${(error as Error).message}`;
      };
      accounts = readAccounts({ log, hub, clock, logger, gatewayId, onHalt });
      await accounts.ready();
      app = await createHttp({
        auth,
        messages,
        commands: httpCommands,
        verifier,
        hub,
        ids,
        logger,
        webDir: config.CLATTER_WEB_DIR,
      });
      takeUpgrades(app.getHttpServer(), {
        config,
        clock,
        accepts: () => accepting,
        connect: (encoding, socket) =>
          new Connection({
            number: nextNumber++,
            encoding,
            socket,
            hub,
            requests,
            verifier,
            config,
            clock,
            logger,
            gatewayId,
          }),
      });
      const { CLATTER_HTTP_HOST: host, CLATTER_HTTP_PORT: port } = config;
      accepting = true;
      await app.listen(port, host).catch((error: unknown) => {
        throw listenError(error, host, port, 'CLATTER_HTTP_PORT');
      });
      hub.start();
    },
    async stop() {
      accepting = false;
      hub.stop();
      const leaving = [...hub.connections()];
      if (leaving.length > 0) {
        for (const connection of leaving) connection.drain(Math.floor(Math.random() * RECONNECT_SPREAD_MS));
        await sleep(clock, config.CLATTER_GATEWAY_DRAIN_MS);
        for (const connection of leaving)
          connection.close(4000, String(Math.floor(Math.random() * RECONNECT_SPREAD_MS)));
      }
      await app?.close();
      await accounts?.close();
    },
    ready() {
      const { ok, reason } = log.health();
      const reasons = [
        ...(accepting ? [] : ['the gateway takes no sockets']),
        ...(ok ? [] : [reason]),
        ...(trouble ? [trouble] : []),
      ];
      return { ok: reasons.length === 0, reasons };
    },
  };
}
