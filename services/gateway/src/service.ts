/** Wires the gateway: sockets, HTTP, and what both stand on. */
import type { AddressInfo } from 'node:net';
import type { AuthService, FactorsService, PeopleService, SsoService } from '@clatter/contracts/auth';
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { MessagesService } from '@clatter/contracts/messages';
import type { PresenceService } from '@clatter/contracts/presence';
import type { Consumer, EventLog } from '@clatter/log';
import { type Clock, type Ids, type Logger, listenError, type Metrics, type Service, sleep } from '@clatter/runtime';
import type { FrameEncoding } from '@clatter/wire';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readAccounts } from './account-reader.ts';
import { CommandRouter } from './command-router.ts';
import type { GatewayConfig } from './config.ts';
import { Connection, type ConnectionSocket } from './connection.ts';
import { drainConnections } from './drain.ts';
import { createHttp } from './http/http.module.ts';
import { HttpCommands } from './http/http-commands.ts';
import { Hub } from './hub.ts';
import { Origins } from './origins.ts';
import { OutageLog } from './outage-log.ts';
import { Pulse } from './pulse.ts';
import { RequestHandler } from './requests.ts';
import { TokenVerifier } from './tokens.ts';
import { takeUpgrades } from './websocket-server.ts';

export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly gatewayId: string;
  /** Where other processes call this gateway; none where it is called by its own alone. */
  readonly address?: () => string;
  readonly log: EventLog;
  readonly auth: () => AuthService;
  readonly factors: () => FactorsService;
  readonly people: () => PeopleService;
  readonly sso: () => SsoService;
  /** `iss` and `aud` of the tokens that are taken. */
  readonly tokens: { readonly issuer: string; readonly audience: string };
  readonly messages: MessagesService;
  readonly presence: PresenceService;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random?: () => number;
}

/** HTTP requests under way may take so long at shutdown. */
const HTTP_CLOSE_MS = 10_000;
/** Presence is told that this gateway leaves; its lease runs out where that takes longer. */
const PRESENCE_CLOSE_MS = 1000;

export function createGateway(
  parts: GatewayParts,
): Service & { readonly delivery: DeliveryService; readonly onStreamLost: () => void; readonly port: number } {
  const {
    config,
    gatewayId,
    log,
    auth,
    people,
    messages,
    presence,
    logger,
    metrics,
    clock,
    ids,
    random = Math.random,
  } = parts;
  const hub = new Hub({
    gatewayId,
    ...(parts.address && { address: parts.address }),
    presence,
    messages,
    people,
    clock,
    logger,
    random,
    renewMs: config.CLATTER_GATEWAY_RENEW_MS,
    delivered: metrics.counter('clatter_gateway_frames_delivered_total', 'Frames given to sockets by delivery'),
    resyncs: metrics.counter('clatter_gateway_resyncs_total', 'Sessions that were told to sync'),
  });
  metrics.gauge('clatter_gateway_connections', 'Sockets whose hello was taken', () => hub.size);
  const pulse = new Pulse(clock);
  const router = new CommandRouter({
    pulse,
    rules: () => config.CLATTER_GATEWAY_RULES_VERSION,
    producer: log.producer(),
    clock,
    inFlightMax: config.CLATTER_GATEWAY_IN_FLIGHT_MAX,
    commands: metrics.counter('clatter_gateway_commands_total', 'Commands given to the log'),
  });
  const requests = new RequestHandler({ router, messages, presence, hub, clock });
  const verifier = new TokenVerifier(auth, parts.tokens, clock);
  const origins = new Origins(`${config.CLATTER_ORIGINS},${publicOrigin(config)}`);
  const outages = new OutageLog(clock, logger);
  let nextNumber = 1;
  const httpCommands = new HttpCommands({ number: nextNumber++, router, hub, gatewayId, clock });
  const connect = (encoding: FrameEncoding, socket: ConnectionSocket): Connection => {
    const number = nextNumber++;
    const shared = { hub, requests, verifier, config, clock, logger, outages, gatewayId };
    return new Connection({ number, encoding, socket, ...shared });
  };
  let app: NestFastifyApplication | undefined;
  let accounts: Consumer | undefined;
  let connections: ReadonlySet<Connection> = new Set();
  let accepting = false;
  let trouble = '';

  return {
    name: 'gateway',
    delivery: hub,
    /** A stream of frames broke: what was on it is lost, and every session syncs. */
    onStreamLost: () => hub.resyncAll(),
    get port() {
      return (app?.getHttpServer().address() as AddressInfo | null)?.port ?? 0;
    },
    async start() {
      const onHalt = (error: unknown): void => {
        trouble = `the reader of accounts stopped: ${(error as Error).message}`;
      };
      accounts = readAccounts({ log, hub, clock, logger, gatewayId, onHalt });
      await accounts.ready();
      const edge = {
        auth,
        factors: parts.factors,
        people,
        sso: parts.sso,
        messages,
        commands: httpCommands,
        verifier,
        hub,
        ids,
        config,
        origins,
      };
      app = await createHttp({ ...edge, logger, outages });
      const accepts = (): boolean => accepting;
      connections = takeUpgrades(app.getHttpServer(), { config, origins, clock, logger, accepts, connect });
      const { CLATTER_HTTP_HOST: host, CLATTER_HTTP_PORT: port } = config;
      accepting = true;
      try {
        await app.listen(port, host);
      } catch (error) {
        accepting = false;
        await app.close();
        await accounts.close();
        throw listenError(error, host, port, 'CLATTER_HTTP_PORT');
      }
      await hub.start();
    },
    async stop() {
      accepting = false;
      // Nothing new comes in from here on; requests under way are answered.
      const server = app?.getHttpServer();
      const closed = app?.close();
      await drainConnections(connections, { clock, random, graceMs: config.CLATTER_GATEWAY_DRAIN_MS });
      const giveUp = clock.timer(HTTP_CLOSE_MS, () => server?.closeAllConnections());
      await closed;
      giveUp();
      // The last answers have come by now: from here on messages drop what they have for this gateway.
      await Promise.race([hub.stop(), sleep(clock, PRESENCE_CLOSE_MS)]);
      router.close();
      pulse.stop();
      await accounts?.close();
    },
    ready() {
      const { ok, reason } = log.health();
      const reasons = [
        ...(accepting ? [] : ['the gateway takes no sockets']),
        ...(hub.announced ? [] : ['presence was not told of this gateway yet']),
        ...(ok ? [] : [reason]),
        ...(trouble ? [trouble] : []),
      ];
      return { ok: reasons.length === 0, reasons };
    },
  };
}

const publicOrigin = ({ CLATTER_PUBLIC_URL: url }: GatewayConfig): string => (url === '' ? '' : new URL(url).origin);
