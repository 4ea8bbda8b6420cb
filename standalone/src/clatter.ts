/** The whole platform in one process, on embedded storage. The only file that knows all services. */
import { existsSync } from 'node:fs';
import { createAuth } from '@clatter/auth';
import type { NotificationsService } from '@clatter/contracts/notifications';
import { createGateway } from '@clatter/gateway';
import { createEmbeddedLog, type EventLog, openStorage, type Storage } from '@clatter/log';
import { createMessages, createSqliteMessageStore } from '@clatter/messages';
import { createNotifications } from '@clatter/notifications';
import { createPresence } from '@clatter/presence';
import {
  createLogger,
  createMetrics,
  type HealthServer,
  randomIds,
  type Service,
  StartError,
  startHealthServer,
  systemClock,
} from '@clatter/runtime';
import { readSettings } from './settings.ts';

export interface Clatter {
  /** Where people and programs connect, such as http://127.0.0.1:8080. */
  readonly url: string;
  readonly healthUrl: string;
  readonly dataDir: string;
  readonly servesWeb: boolean;
  readonly notifications: NotificationsService;
  readonly storage: Storage;
  /** Drains and stops. */
  stop(): Promise<void>;
}

/** Starts all five services. Rejects with a ConfigError or StartError where a person has to mend something; then nothing is left running. */
export async function startClatter(env: Readonly<Record<string, string | undefined>>): Promise<Clatter> {
  const settings = readSettings(env);
  const dataDir = settings.CLATTER_DATA_DIR;
  const root = createLogger({ service: 'clatter', level: settings.CLATTER_LOG_LEVEL });
  const clock = systemClock;
  const ids = randomIds;
  const metrics = createMetrics();
  if (settings.CLATTER_WEB_DIR !== '' && !existsSync(settings.CLATTER_WEB_DIR))
    throw new StartError(`CLATTER_WEB_DIR: want a folder, got "${settings.CLATTER_WEB_DIR}", which is not there`);

  // What was opened, so that a failed start leaves nothing open.
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const services: Service[] = [];
    let started = false;
    const ready = () => {
      const reasons = started ? services.flatMap((service) => service.ready().reasons) : ['the platform is starting'];
      return { ok: reasons.length === 0, reasons };
    };
    const health: HealthServer = await startHealthServer({
      port: settings.CLATTER_HEALTH_PORT,
      host: settings.CLATTER_HEALTH_HOST,
      live: () => ({ ok: true, reasons: [] }),
      ready,
      metrics,
    });
    closers.push(() => health.close());
    const storage = await openStorage({ dir: dataDir, logger: root });
    closers.push(() => storage.close());
    const log: EventLog = await createEmbeddedLog({ storage, clock, logger: root });
    closers.push(() => log.close());
    const store = await createSqliteMessageStore({ storage });

    const child = (service: string) => root.child({ service });
    // A name of its own for each run: what is left of an earlier one speaks of connections that are gone.
    const gatewayId = ids.v7();
    const auth = createAuth({ config: settings, log, logger: child('auth'), clock, ids, dataDir });
    const presence = createPresence({
      config: settings,
      log,
      logger: child('presence'),
      clock,
      gateways: (id) => (id === gatewayId ? gateway.delivery : undefined),
    });
    const messages = createMessages({
      config: settings,
      log,
      store,
      presence: presence.presence,
      gateways: {
        get: (id) => (id === gatewayId ? gateway.delivery : undefined),
        ids: () => [gatewayId],
        refresh: async () => undefined,
      },
      logger: child('messages'),
      metrics,
      clock,
    });
    const gateway = createGateway({
      config: settings,
      gatewayId,
      log,
      auth: () => auth.auth,
      factors: () => auth.factors,
      people: () => auth.people,
      sso: () => auth.sso,
      tokens: { issuer: settings.CLATTER_AUTH_ISSUER, audience: settings.CLATTER_AUTH_AUDIENCE },
      messages: messages.messages,
      presence: presence.presence,
      logger: child('gateway'),
      metrics,
      clock,
      ids,
    });
    const notifications = createNotifications({
      config: settings,
      log,
      logger: child('notifications'),
      metrics,
      clock,
      presence: presence.presence,
      messages: messages.messages,
      auth: () => auth.auth,
      dataDir,
    });
    services.push(auth, presence, messages, notifications, gateway);
    for (const service of services) {
      await service.start();
      closers.push(() => service.stop());
    }
    started = true;
    return {
      url: `http://${settings.CLATTER_HTTP_HOST}:${gateway.port}`,
      healthUrl: `http://${settings.CLATTER_HEALTH_HOST}:${health.port}`,
      dataDir,
      servesWeb: settings.CLATTER_WEB_DIR !== '',
      notifications: notifications.notifications,
      storage,
      stop,
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}
