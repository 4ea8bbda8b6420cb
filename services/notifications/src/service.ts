/** Wires notifications: the reader of the feed and the outbox. */
import { join } from 'node:path';
import type { AuthService } from '@clatter/contracts/auth';
import type { MessagesService } from '@clatter/contracts/messages';
import type { NotificationsService } from '@clatter/contracts/notifications';
import type { PresenceService } from '@clatter/contracts/presence';
import { type Consumer, type EventLog, topics } from '@clatter/log';
import type { Clock, Logger, Metrics, Service } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { openFilePushOutbox } from './adapters/file-push-outbox.ts';
import type { NotificationsConfig } from './config.ts';
import { FeedConsumer } from './feed-consumer.ts';
import type { PushOutbox } from './ports.ts';

export interface NotificationsParts {
  readonly config: NotificationsConfig;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly presence: PresenceService;
  readonly messages: Pick<MessagesService, 'pageMembers' | 'listMuted'>;
  readonly auth: () => AuthService;
  readonly dataDir: string;
  /** Tells this process from others that may share the data folder, in hex digits; absent where there are none. */
  readonly instance?: string;
}

const LIST_DEFAULT = 100;
const LIST_MAX = 1000;

export function createNotifications(
  parts: NotificationsParts,
): Service & { readonly notifications: NotificationsService } {
  const { config, log, logger, metrics, clock, presence, messages, auth, dataDir, instance } = parts;
  const pushed = metrics.counter('clatter_notifications_pushes_total', 'Pushes handed over');
  const halted: string[] = [];
  let outbox: PushOutbox | undefined;
  let consumer: Consumer | undefined;
  const stopping = new AbortController();

  return {
    name: 'notifications',
    notifications: {
      async listOutbox({ userId = '', limit = 0 }) {
        if (limit > LIST_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${LIST_MAX}, got ${limit}`);
        return { items: (await outbox?.list(userId || undefined, limit || LIST_DEFAULT)) ?? [] };
      },
    },
    async start() {
      const sender = await openFilePushOutbox(join(dataDir, 'outbox'), clock, {
        ...(instance !== undefined && { process: instance }),
      });
      outbox = sender;
      const feed = {
        presence,
        messages,
        auth: auth(),
        sender,
        preview: config.CLATTER_NOTIFICATIONS_PREVIEW,
        clock,
        logger,
        pushed,
        stopping: stopping.signal,
      };
      consumer = log.consume({
        group: 'notifications',
        topics: [topics.events.name],
        start: 'beginning',
        assign: async (assignment) => new FeedConsumer(feed, assignment),
        onHalt: (topic, partition, error) =>
          halted.push(`${topic} partition ${partition} stopped: ${(error as Error).message}`),
      });
      await consumer.ready();
    },
    async stop() {
      stopping.abort();
      await consumer?.close();
      await outbox?.close();
    },
    ready: () => ({ ok: halted.length === 0, reasons: halted }),
  };
}
